"""One visit of a state, as the causes of its failures name it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """`entered_event` is the id of the event of the state's entry."""

    state: str
    entered_event: int

    def cause(self, text: str) -> str:
        """The cause as AWS words it: with the state, and the event of its entry."""
        where = f"'{self.state}' (entered at the event id #{self.entered_event})"
        return f"An error occurred while executing the state {where}. {text}"
