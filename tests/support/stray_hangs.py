"""As `stray`, but neither the program nor the orphan ever ends."""

from tests.support.stray import main

if __name__ == "__main__":
    main(hangs=True)
