#!/bin/sh
# A camera, live and kept for a week, its movements marked. The address holds a password: it comes from the environment,
# where no list of processes shows it.
#   HLSSTREAM_SOURCE='rtsp://user:password@camera/stream' sh yard.sh [more settings]
set -eu
: "${HLSSTREAM_SOURCE:?say where the camera is, for example rtsp://user:password@192.168.1.20/stream1}"
export HLSSTREAM_SOURCE

# Does it answer, and what does it show?
hlsstream doctor

exec hlsstream start --name yard --detector motion --retain 7d --data-dir "${DATA_DIR:-yard-video}" "$@"
