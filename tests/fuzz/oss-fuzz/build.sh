#!/bin/bash -eu
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds the fuzz targets as OSS-Fuzz asks for: from $SRC/signal-glib, in $WORK, to $OUT, with $CC, $CXX,
# $CFLAGS, $CXXFLAGS and $LIB_FUZZING_ENGINE. The libraries that the targets need are copied to $OUT/lib.
fuzz=$SRC/signal-glib/tests/fuzz
build=$WORK/signal-glib
rm -rf "$build"

# $ORIGIN is the directory of the program. Without the new tags, it counts for the libraries, too.
# shellcheck disable=SC2016
rpath='-Wl,-rpath,$ORIGIN/lib,--disable-new-dtags'
meson setup "$build" "$SRC/signal-glib" --buildtype=plain -Db_lundef=false \
  -Dintrospection=disabled -Ddocs=disabled -Ddemo=disabled -Dsysprof=disabled \
  -Dfuzzing_engine="$LIB_FUZZING_ENGINE" -Dc_link_args="$rpath" -Dcpp_link_args="$rpath"

targets=$(cd "$fuzz" && printf '%s\n' fuzz-*.c | sed 's/^fuzz-//; s/\.c$//')
# shellcheck disable=SC2086 # a list of words
ninja -C "$build" $(printf 'tests/fuzz/fuzz-%s ' $targets)

mkdir -p "$OUT/lib"
for target in $targets; do
  cp "$build/tests/fuzz/fuzz-$target" "$OUT/"
  ldd "$OUT/fuzz-$target" | awk '$3 ~ /^\// { print $3 }'
  "$fuzz/write-dictionary" "$target" > "$OUT/fuzz-$target.dict"
  [ -s "$OUT/fuzz-$target.dict" ] || rm "$OUT/fuzz-$target.dict"
  printf '[libfuzzer]\nmax_len = 4096\ntimeout = 10\n' > "$OUT/fuzz-$target.options"
  rm -f "$OUT/fuzz-${target}_seed_corpus.zip"
  python3 -m zipfile -c "$OUT/fuzz-${target}_seed_corpus.zip" "$fuzz/corpus/$target"/*
done | sort -u | while read -r library; do
  case ${library##*/} in
    libc.so.*|libm.so.*|libdl.so.*|librt.so.*|libpthread.so.*|libresolv.so.*) ;; # of the system, with its loader
    *) cp -L "$library" "$OUT/lib/" ;;
  esac
done
