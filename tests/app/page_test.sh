# Goal: reports/page.md says what happens today, and every statement of the page is covered. Method: the
# script that writes it, in its checking mode. Usage: page_test.sh REHEARSE
exec python3 scripts/page_report.py "$1" --check
