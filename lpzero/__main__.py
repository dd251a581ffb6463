"""``python -m lpzero``: the same as the command ``lpzero``."""

from lpzero.cli.main import main

if __name__ == "__main__":
    main()
