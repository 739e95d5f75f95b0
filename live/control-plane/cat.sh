#!/bin/bash
# `cat PATH` as kubectl exec asks for it on the control plane: the pod's volume lies in the folder
# that the stand-ins name in REHEARSE_VOLUME, mounted at REHEARSE_MOUNT.
path=$1
exec /bin/cat "$REHEARSE_VOLUME/${path#"$REHEARSE_MOUNT"/}"
