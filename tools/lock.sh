#!/bin/sh
# Resolves the dependencies into requirements/*.lock: exact versions with hashes, no registry's address.
# Newest versions that fit, for every Python from 3.11 on and every platform.
set -eu
cd "$(dirname "$0")/.."
compile() {
    uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate "$@"
}
compile --extra build pyproject.toml -o requirements/serve.lock
compile --extra build --extra test pyproject.toml -o requirements/test.lock
for release in 0.3.0 0.4.0 0.5.0 0.6.0 0.7.0 0.9.1; do
    echo "azure-cognitiveservices-vision-computervision==$release" |
        compile - -o "requirements/sdk/computervision-$release.lock"
done
# aiohttp: what its asynchronous client sends with, left to the user to install.
printf '%s\n' azure-ai-vision-imageanalysis==1.0.0 aiohttp |
    compile - -o requirements/sdk/imageanalysis-1.0.0.lock
# The image of deploy/Dockerfile: what runs in it, and what builds it (and its bill of materials) and stays outside.
compile --extra postgres --extra objects --extra telemetry pyproject.toml -o requirements/deploy.lock
printf '%s\n' cyclonedx-bom editables hatchling | compile - -o requirements/image-tools.lock
