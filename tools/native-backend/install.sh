#!/usr/bin/env bash
# Puts @tensorflow/tfjs-node 4.22.0 into this repository's node_modules, without saving it, and builds its addon from what the
# npm and Python registries hold: its own install script downloads from elsewhere, and has nothing for some Node versions.
# Needs python3 with pip, a C++ compiler, and Node's headers beside its binary. Idempotent.
#   bash tools/native-backend/install.sh && node tools/native-backend/check.mjs
set -euo pipefail
cd "$(dirname "$0")/../.."

version=2.18.1 # of libtensorflow, out of the wheel tensorflow-cpu
cache=${CACHE:-node_modules/.cache/native-backend}
package=$PWD/node_modules/@tensorflow/tfjs-node
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

[ -d "$package/binding" ] || npm install --no-save --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-node@4.22.0
napi=$(node -p "Math.max(...require('$package/package.json').binary.napi_versions.filter((v) => v <= process.versions.napi))")

if [ ! -f "$cache/tensorflow/.done" ]; then
  # The libraries hold no Python code, so the wheel of any Python version will do.
  python3 -m pip download -q --no-deps --only-binary=:all: --implementation cp --python-version 3.11 \
    --platform manylinux_2_17_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux2014_x86_64 \
    -d "$cache" "tensorflow-cpu==$version"
  python3 - "$cache/tensorflow_cpu-$version"-*.whl "$cache" <<'P'
import re, sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
wanted = re.compile(r'^tensorflow/(libtensorflow_(cc|framework)\.so\.2$'
                    r'|include/((tensorflow/(c|tsl|core/platform|compiler/xla/tsl))|tsl|xla/tsl)/.*\.h$)')
for name in wheel.namelist():
    if wanted.match(name):
        wheel.extract(name, sys.argv[2])
P
  touch "$cache/tensorflow/.done"
fi

mkdir -p "$package/deps/lib"
for name in cc framework; do
  cp -u "$cache/tensorflow/libtensorflow_$name.so.2" "$package/deps/lib/"
done
ln -sfn libtensorflow_cc.so.2 "$package/deps/lib/libtensorflow.so"
ln -sfn libtensorflow_framework.so.2 "$package/deps/lib/libtensorflow_framework.so"
ln -sfn "$cache/tensorflow/include" "$package/deps/include"

if [ ! -f "$package/lib/napi-v$napi/tfjs_binding.node" ]; then
  headers=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  (cd "$package" && node "$(npm root -g)/npm/node_modules/node-gyp/bin/node-gyp.js" rebuild --nodedir="$headers" -- \
    -Dnapi_build_version="$napi" -Dmodule_name=tfjs_binding -Dmodule_path="$package/lib/napi-v$napi")
fi
echo "tfjs-node 4.22.0 with libtensorflow $version is installed"
