#!/bin/sh
# Stands in front of the engine as `pulumi` and gives the calls of its plug-ins a name of their own:
# the driver's and the engine's calls can then be told apart. Becomes the engine itself, so that a
# signal reaches nobody else.
set -eu
AWS_SDK_UA_APP_ID=$FAULTS_ENGINE_APP
export AWS_SDK_UA_APP_ID
exec "$FAULTS_ENGINE" "$@"
