"""The command line as a whole: help, unknown names, exit codes."""

import pytest

import crawler
from crawler import errors
from crawler.cli import exit_codes
from crawler.cli.commands import COMMANDS
from crawler.extras import install
from crawler.strategies.registry import STRATEGIES


def test_without_arguments_it_shows_what_it_is_and_two_commands_to_copy(cli):
    done = cli()
    assert (done.code, done.err) == (0, "")
    assert done.out.count("  crawler ") >= 2
    assert len(done.out.splitlines()) < 24  # one screen


def test_the_main_help_has_every_command_and_every_exit_code(cli):
    out = cli("--help").out
    assert all(f"\n  {name} " in out for name in COMMANDS)
    assert all(f"\n  {code} " in out for code in exit_codes.MEANINGS)
    assert out.index("Examples:") < out.index("Commands:") < out.index("Exit codes:")


def test_version(cli):
    assert cli("--version").out == f"crawler {crawler.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command(cli, name):
    done = cli(name, "--help")
    assert done.code == 0
    purpose = done.out.split("\n\n")[1].strip()
    assert purpose
    assert done.out.startswith("Usage: crawler " + name)
    assert "Example" in done.out
    assert done.out.index("Exit codes:") > done.out.index("--help")
    assert max(map(len, done.out.splitlines())) <= 110
    assert cli("help", name).out == done.out


def test_every_option_of_run_stands_in_a_named_group(cli):
    others = cli("run", "--help").out.split("Other options:")[1].split("\n\n")[0]
    assert others.split() == ["-h,", "--help", "Show", "this", "message", "and", "exit."]


def test_run_lists_the_strategies_of_the_registry(cli):
    out = " ".join(cli("run", "--help").out.split())
    for name, entry in STRATEGIES.items():
        assert f"{name} {entry.about}" in out


def test_run_lists_the_parse_places(cli):
    from crawler.cli.options import PARSE_STAGES_IN_WORDS
    from crawler.crawl.parse_stage import PARSE_STAGES

    assert list(PARSE_STAGES_IN_WORDS) == list(PARSE_STAGES)
    out = cli("run", "--help").out
    assert all(f"\n  {place} " in out for place in PARSE_STAGES)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["rnu", "x"], "Did you mean 'run'?"),
        (["stats"], "Did you mean 'status'?"),
        (["books.yaml"], "Did you mean 'crawler run books.yaml'?"),
        (["qqqqq"], "Commands: run, check"),
        (["run", "x", "--stratgy", "y"], "'--strategy'"),
        (["run"], "CONFIG"),
        (["demo", "--books", "many"], "'--books'"),
    ],
)
def test_fault_172_unknown_commands_and_options_get_a_suggestion(cli, arguments, hint):
    done = cli(*arguments)
    assert (done.code, done.out) == (2, "")
    assert hint in done.err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--workers", "many"], "--workers: expected a whole number, got 'many'"),
        (["--workers", "0"], "--workers:"),
        (["--strategy", "thread"], "--strategy: no strategy 'thread'; did you mean 'threads'?"),
        (["--parse", "wroker"], "did you mean 'worker'?"),
        (["--set", "fetch.client=request"], "did you mean 'requests'?"),
        (["--set", "fetch.wrkers=3"], "did you mean 'workers'?"),
        (["--start", "htp://x"], "write http://x"),
        (["--strategy", "serial", "--workers", "4"], "remove --workers, or choose another strategy, such as threads"),
    ],
)
def test_fault_172_wrong_and_conflicting_flags_of_run(cli, flags, message):
    done = cli("run", "configs/demo.yaml", *flags)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "--set fetch.strategy" not in done.err
    assert "a bug" not in done.err
    if "--strategy" not in flags or "--workers" not in flags:  # --workers is no option of check
        settings = ["--set", f"fetch.{flags[0][2:]}={flags[1]}"] if flags[0] not in ("--set", "--start") else flags
        assert cli("check", "configs/demo.yaml", *settings).code == 2


def test_a_strategy_whose_package_is_not_installed(cli, monkeypatch):
    from crawler.strategies import registry

    needy = registry.Entry("x:X", "a strategy", needs="no_such_package", extra="needy")
    monkeypatch.setitem(registry.STRATEGIES, "needy", needy)
    assert "a strategy (needs the extra needy)" in " ".join(cli("run", "--help").out.split())
    done = cli("check", "configs/demo.yaml", "--set", "fetch.strategy=needy")
    assert done.code == 2
    said = f"the strategy needy cannot be used here: needs the extra needy; install it with: {install('needy')}"
    assert said in " ".join(done.out.split())
    assert cli("run", "configs/demo.yaml", "--strategy", "needy", "--set", "demo.port=0").code == 2


def test_a_strategy_of_ones_own(cli):
    assert cli("check", "configs/demo.yaml", "--set", "fetch.strategy=concurrent.futures:ThreadPoolExecutor").code == 0


def test_serial_takes_one_worker(cli, monkeypatch):
    reports = []
    monkeypatch.setattr("crawler.api.run", lambda job, **_: reports.append(job) or pytest.skip("not reached further"))
    with pytest.raises(pytest.skip.Exception):
        cli("run", "configs/demo.yaml", "--strategy", "serial", "--workers", "1", "--quiet")
    assert reports[0].fetch.strategy == "serial"


def test_a_config_that_is_not_there(cli):
    done = cli("run", "nope.yaml")
    assert done.code == 2
    assert done.err == "nope.yaml: no such file; `crawler init` writes one that runs as it is\n"


def test_the_exit_codes_of_errors_are_in_the_table():
    stops = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, errors.Stop)]
    assert {error.exit_code for error in stops} <= set(exit_codes.MEANINGS)


def test_a_bug_is_reported_with_its_place(cli, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("crawler.api.run", broken)
    done = cli("run", "configs/demo.yaml", "--quiet")
    assert done.code == 1
    assert "a bug in crawler" in done.err
    assert "ZeroDivisionError: oops" in done.err


def test_an_option_may_come_from_the_environment(cli, monkeypatch):
    monkeypatch.setenv("CRAWLER_RUN_STRATEGY", "thread")
    assert "did you mean 'threads'?" in cli("run", "configs/demo.yaml").err


def test_strategies_lists_every_model_and_what_it_needs(cli, monkeypatch):
    monkeypatch.setattr("crawler.strategies.registry.find_spec", lambda name: None)
    out = cli("strategies").out
    assert all(name in out for name in STRATEGIES)
    assert install("asyncio,curl,gevent") in out
    in_one_line = " ".join(out.split())
    assert all(entry.about in in_one_line for entry in STRATEGIES.values())


def test_a_slow_run_says_what_would_be_faster_but_not_when_it_is_to_be_quiet(cli, shop, tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.cli.advice._START_SECONDS", -1.0)  # any analysis is worth processes then
    monkeypatch.setattr("crawler.cli.advice._HEAVY", 0.0)
    monkeypatch.setattr("crawler.process.cores", lambda: 2)
    job = tmp_path / "shop.yaml"
    job.write_text(
        f"name: shop\nstart: [{shop}, {shop}/none.html]\npages:\n  home: {{table: pages, fields: {{title: title}}}}\n"
        "polite: {robots: false, delay: 0}\noutput: shop.csv\n"
    )
    said, quiet = cli("run", job, "--fresh"), cli("run", job, "--fresh", "--quiet")
    assert "\n  faster      --strategy auto is faster: parsing took " in said.out
    assert quiet.code == 3  # else nothing at all would be said
    assert "1 failed" in quiet.err
    assert "faster" not in quiet.out + quiet.err
