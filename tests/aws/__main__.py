"""`make test-aws`: ask AWS the open questions, and write docs/verified-on-aws.md."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.process import LocalCloud
from mapspan import aws_errors
from mapspan.checkout import BUILD, ROOT, CommandError
from tests.aws.accounts import Accounts
from tests.aws.answers import ANSWERS
from tests.aws.question import Question
from tests.aws.questions import QUESTIONS
from tests.aws.session import Outcome, ask, statement

TARGET, SOURCE = "MAPSPAN_TARGET_PROFILE", "MAPSPAN_SOURCE_PROFILE"
PAGE = ROOT / "docs" / "verified-on-aws.md"
LOCAL_PAGE = BUILD / "asked-local-cloud.md"
_DIRECTORY = BUILD / "aws-test"

commands = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@commands.command()
def main(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Start without a question.")] = False,
    local: Annotated[
        bool, typer.Option("--local", help="Ask a local cloud of its own, and write the page to a scratch file.")
    ] = False,
    dispatch: Annotated[bool, typer.Option("--dispatch", help="Measure dispatch rates too.")] = False,
    inventory: Annotated[
        bool,
        typer.Option("--inventory", help="Ask about an S3 Inventory too: call again two days later for the answer."),
    ] = False,
) -> None:
    """Ask AWS what its documentation leaves open, and write docs/verified-on-aws.md."""
    optional = {"dispatch": dispatch or local, "inventory": inventory or local}
    questions = [question for question in QUESTIONS if optional.get(question.asked, True)]
    outcome = _ask_local_cloud(questions) if local else _ask_aws(questions, yes=yes)
    for name, reason in outcome.unanswered.items():
        typer.echo(f"no answer to {name}: {reason}")
    typer.echo(f"{len(outcome.answered)} of {len(questions)} questions answered: {LOCAL_PAGE if local else PAGE}")
    failed = any(reason.startswith("failed: ") for reason in outcome.unanswered.values())
    if failed or outcome.left:
        raise typer.Exit(1)


def _ask_aws(questions: Sequence[Question], *, yes: bool) -> Outcome:
    target, source = os.environ.get(TARGET), os.environ.get(SOURCE)
    if not (target and source):
        raise CommandError(
            f"two profiles of AWS accounts are needed: set {TARGET} and {SOURCE},"
            " or ask the local cloud with `make test-aws ARGS=--local`"
        )
    accounts = Accounts.of_profiles(target, source)
    # Terraform and mapspan's own commands use the caller's credentials, which are the target account's.
    os.environ.update(AWS_PROFILE=target, AWS_REGION=accounts.target.region)
    typer.echo(statement(questions, accounts))
    if not yes and not typer.confirm("Start?"):
        raise CommandError("nothing was started")
    return ask(accounts, questions, directory=_DIRECTORY, answers=ANSWERS, page_file=PAGE, report=typer.echo)


def _ask_local_cloud(questions: Sequence[Question]) -> Outcome:
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ask-", dir=BUILD) as scratch:
        directory = Path(scratch)
        with LocalCloud.start(directory=directory / "cloud") as cloud:
            accounts = Accounts.of_local_cloud(cloud.endpoint_url)
            typer.echo(statement(questions, accounts))
            return ask(
                accounts,
                questions,
                directory=directory / "stack",
                answers=directory / "answers.json",
                page_file=LOCAL_PAGE,
                report=typer.echo,
            )


def app() -> None:
    """Run the command. An expected error is one sentence on stderr and exit code 1; Ctrl-C exits 130."""
    try:
        commands()
    except CommandError as error:
        sys.exit(f"test-aws: {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"test-aws: {aws_errors.sentence(error)}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    app()
