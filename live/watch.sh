#!/bin/bash
# kubectl or helm, by the name of this file, for a command that `rehearse live watch` looks at: each call
# with what is piped to it and its exit code goes to $REHEARSE_WATCH_LOG, then the real program runs
# ($REHEARSE_WATCH_KUBECTL, $REHEARSE_WATCH_HELM).
name=${0##*/}
real=REHEARSE_WATCH_${name^^}
PATH=${PATH#*:} # without the folder of this file
piped=
for word in "$@"; do
  case $word in
    - | -f- | --filename=- | /dev/stdin | *=/dev/stdin) piped=1 ;;
  esac
done
{
  printf '%s' "$name"
  printf ' %q' "$@"
  printf '\n'
} >>"$REHEARSE_WATCH_LOG"
if [[ $piped ]]; then
  input=$(cat && printf x)
  input=${input%x}
  printf '%s' "$input" | sed 's/^/    | /; $a\' >>"$REHEARSE_WATCH_LOG"
  printf '%s' "$input" | "${!real}" "$@"
else
  "${!real}" "$@"
fi
code=$?
printf '    rc=%d\n' "$code" >>"$REHEARSE_WATCH_LOG"
exit "$code"
