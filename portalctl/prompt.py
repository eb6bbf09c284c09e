"""Questions to a person. Only on a terminal; every question has a flag that answers it."""

from __future__ import annotations

from typing import TextIO

from portalctl.errors import InputNeeded, InvalidInput


class Prompt:
    """Asks on a terminal, and refuses to where there is none or prompts are forbidden."""

    def __init__(self, stdin: TextIO, stderr: TextIO, *, allowed: bool) -> None:
        self._stdin = stdin
        self._stderr = stderr
        self._allowed = allowed

    @property
    def possible(self) -> bool:
        """Whether somebody can be asked."""
        return self._allowed and not self._stdin.closed and self._stdin.isatty()

    def text(self, question: str, flag: str, default: str | None = None) -> str:
        """Ask for a line. Raises InputNeeded, naming the flag, where nobody can be asked."""
        self.require(flag)
        suffix = f" [{default}]" if default else ""
        while True:
            self._stderr.write(f"{question}{suffix}: ")
            self._stderr.flush()
            line = self._stdin.readline()
            if not line:
                raise KeyboardInterrupt
            answer = line.strip() or default
            if answer:
                return answer

    def line(self, question: str, flag: str) -> str:
        """Ask for one line, which may be empty. Raises InputNeeded, naming the flag, where nobody can be asked."""
        self.require(flag)
        self._stderr.write(question)
        self._stderr.flush()
        line = self._stdin.readline()
        if not line:
            raise KeyboardInterrupt
        return line.strip()

    def confirm(self, question: str, flag: str = "--yes") -> bool:
        """Ask for a yes. Anything but y or yes is a no."""
        self.require(flag)
        self._stderr.write(f"{question} [y/N]: ")
        self._stderr.flush()
        return self._stdin.readline().strip().lower() in {"y", "yes"}

    def wait(self, text: str) -> None:
        """Say something, and wait until the person has read it."""
        self._stderr.write(f"{text} ")
        self._stderr.flush()
        self._stdin.readline()

    def hidden(self, question: str, flag: str) -> str:
        """Ask without echo. The terminal's echo comes back whatever happens."""
        self.require(flag)
        import termios

        descriptor = self._stdin.fileno()
        before = termios.tcgetattr(descriptor)
        silent = list(before)
        silent[3] &= ~termios.ECHO
        self._stderr.write(f"{question}: ")
        self._stderr.flush()
        try:
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
            line = self._stdin.readline()
        finally:
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
            self._stderr.write("\n")
            self._stderr.flush()
        if not line:
            raise KeyboardInterrupt
        return line.removesuffix("\n")

    def new_password(self, flag: str) -> str:
        """Ask for a password twice. Raises InvalidInput when the two differ."""
        password = self.hidden("Password", flag)
        if self.hidden("Password again", flag) != password:
            raise InvalidInput("the two passwords differ", "nothing was changed; try again")
        return password

    def require(self, flag: str) -> None:
        """Raise InputNeeded, naming the flag that answers, where nobody can be asked."""
        if not self.possible:
            raise InputNeeded("an answer is needed and there is no terminal to ask on", f"give it with {flag}")
