"""The command line. `huixin` and `python -m bot` are the same."""

from bot.commands import main

if __name__ == "__main__":
    main()
