#!/usr/bin/env bash
# Prints the id of the plan that was reviewed with the pull request that became this commit; nothing where its comment says
# that nothing changes, or where there is none.
#
#     reviewed.sh NAME COMMIT
#
# NAME is the one that plan.sh was given. GITHUB_TOKEN may read pull requests.
set -euo pipefail
# shellcheck source=github.sh
. "$(dirname "${BASH_SOURCE[0]}")/github.sh"
name=$1 commit=$2
[[ $commit =~ ^[0-9a-f]{40}$ ]] || fail 'that is no commit'

number=$(api GET "/commits/$commit/pulls" | jq --raw-output --arg commit "$commit" '
    map(select(.merged_at != null and .merge_commit_sha == $commit)) | first | .number // empty')
[ -n "$number" ] || fail 'this commit is not the merge of a pull request: plan it, and start the apply by hand with the id'
comment=$(first_of "/issues/$number/comments" "<!-- waform:plan $name -->")
if [ -n "$comment" ]; then
    jq --raw-output .body <<<"$comment" | tr -d '\r' | sed -n '2s/^<!-- waform:plan-id \([0-9A-Za-z:]*\) -->$/\1/p'
fi
