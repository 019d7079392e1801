#!/usr/bin/env bash
# Takes over what a pull request changes, as far as it may be planned with secrets: what comes from a fork may say what is
# sent, never where a token goes, which file is read or which command is run.
#
#     candidate.sh CANDIDATE PROJECT HEAD
#
# CANDIDATE holds the artifact of the untrusted job: `number`, and the TOML files in `project`. PROJECT is the directory on the
# trusted branch, HEAD the commit that the untrusted job ran for. A file that declares nothing but templates, mappings and
# campaigns is taken over; every other one must be as it is on the trusted branch. Prints the pull request's number.
set -euo pipefail
# shellcheck source=github.sh
. "$(dirname "${BASH_SOURCE[0]}")/github.sh"
candidate=$1 project=$2 head=$3

number=$(head -c 20 "$candidate/number")
is_number "$number" || fail 'the artifact names no pull request'
# The artifact says which one; GitHub says whether that is true.
found=$(api GET "/pulls/$number" | jq --raw-output .head.sha)
[ "$found" = "$head" ] || fail "pull request $number is not at $head: it went on, or the artifact lies"

python3 - "$candidate/project" "$project" <<'PYTHON'
import pathlib, shutil, sys, tomllib

FREE = {"template", "mapping", "campaign"}
candidate, project = map(pathlib.Path, sys.argv[1:])


def files(directory):
    return {path.name: path for path in directory.glob("*.toml") if path.is_file() and not path.is_symlink()}


def is_free(path):
    try:
        return set(tomllib.loads(path.read_text())) <= FREE
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        sys.exit(f"error: {path.name}: {error}")


theirs, ours = files(candidate), files(project)
for name in sorted(theirs.keys() | ours.keys()):
    their, our = theirs.get(name), ours.get(name)
    if their and our and their.read_bytes() == our.read_bytes():
        continue
    if not all(is_free(path) for path in (their, our) if path):
        sys.exit(
            f"error: {name} declares more than templates, mappings and campaigns, and differs from the trusted branch: "
            "a maintainer must look at it and plan it from a branch of this repository"
        )
    if their:
        shutil.copyfile(their, project / name)
    else:
        our.unlink()
PYTHON
printf '%s\n' "$number"
