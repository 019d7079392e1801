#!/usr/bin/env bash
# Applies the plan that was reviewed, and no other.
#
#     apply.sh PROJECT ID [OPTION...]
#
# PROJECT is the directory of the configuration, ID the plan's; with an empty one nothing may change. The options are those
# of `waform apply`. Ends with its exit code; what is in review at Meta at the end is no failure.
set -euo pipefail
# shellcheck source=github.sh
. "$(dirname "${BASH_SOURCE[0]}")/github.sh"
project=$1 id=$2
shift 2
[[ $id =~ ^[0-9A-Za-z:]{0,100}$ ]] || fail 'that is no id of a plan'
no_workflow_commands

if [ -z "$id" ]; then
    code=0
    waform -C "$project" plan --detailed-exitcode || code=$?
    case $code in
        0) exit 0 ;;
        2 | 3) fail 'there are changes, and no plan of them was reviewed' ;;
        *) exit "$code" ;;
    esac
fi

# A cancelled job must end waform, which finishes what is in flight and gives the lock back: a shell would wait for it.
waform -C "$project" apply --auto-approve --expect-plan "$id" --detailed-exitcode --lock-timeout 10m "$@" &
child=$!
interrupted=
trap 'interrupted=1; kill -TERM "$child" 2>/dev/null || true' INT TERM HUP
while :; do
    code=0
    wait "$child" || code=$?
    # A signal ends the waiting, not the child.
    [ -n "$interrupted" ] || break
    interrupted=
done

case $code in
    0) ;;
    2)
        echo 'Applied; something is still in review or waiting, and the next apply goes on with it.'
        exit 0
        ;;
    3) echo 'error: a guard refuses; nothing was written. A new ledger is refused too: does this runner keep its state?' >&2 ;;
    4) echo 'error: what would be applied is not what was reviewed; nothing was written. Plan again.' >&2 ;;
    5) echo 'error: another run holds the lock.' >&2 ;;
    6) echo 'error: some was applied, some was not. Plan again to see the rest.' >&2 ;;
    *) echo 'error: not applied.' >&2 ;;
esac
exit "$code"
