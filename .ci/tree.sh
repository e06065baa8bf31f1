# Functions for the scripts of this folder: sourced, not run. `root` is the folder of the repository.

# The tree into a folder, without what git ignores.
copy_tree() {
    if git -C "$root" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git -C "$root" ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do if [ -e "$root/$file" ]; then printf '%s\0' "$file"; fi; done |
            tar -C "$root" --null -T - -cf - | tar -C "$1" -xf -
    else
        tar -C "$root" --exclude ./.venv --exclude ./.git -cf - . | tar -C "$1" -xf -
    fi
}

# The command in the first block of README.md: all the set-up, and the demo.
demo_command() {
    sed -n '/^```sh$/,/^```$/p' "$root/README.md" | sed -n 2p
}

# The command in its block after the line <!-- test command -->.
test_command() {
    sed -n '/^<!-- test command -->$/,/^```$/p' "$root/README.md" | sed -e '/^<!--/d' -e '/^```/d'
}

# The line for a crontab, as docs/cron.md shows it.
cron_line() {
    sed -n '/^30 6 \* \* \*  /p' "$root/docs/cron.md"
}
