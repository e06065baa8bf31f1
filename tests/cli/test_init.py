from crawler.cli.main import main
from tests.support.jobs import crawl


def test_the_written_config_runs_as_it_is(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = cli("init")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("next: crawler run crawler.yaml\n")
    assert cli("check", "crawler.yaml").code == 0
    done = cli("run", "crawler.yaml", "--set", "demo.port=0")
    assert done.code == 0, done
    assert done.out.startswith("books: complete\n")
    assert (tmp_path / "output" / "books.xlsx").stat().st_size > 5000


def test_an_existing_file_is_never_overwritten(cli, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\n")
    done = cli("init", path)
    assert (done.code, done.out) == (2, "")
    assert "this file already exists" in done.err
    assert path.read_text() == "name: mine\n"


def test_init_twice(cli, tmp_path):
    assert [cli("init", tmp_path / "a.yaml").code for _ in range(2)] == [0, 2]


def test_a_folder_that_is_not_there_is_exit_4(cli, tmp_path):
    done = cli("init", tmp_path / "nowhere" / "a.yaml")
    assert done.code == 4
    assert "cannot be written" in done.err


def test_the_first_steps_of_a_newcomer_as_processes(tmp_path):
    path = tmp_path / "books.yaml"
    assert crawl("init", path).returncode == 0
    assert crawl("run", path, "--quiet", "--set", "demo.port=0").returncode == 0
    assert main(["export", str(path), str(tmp_path / "again.csv")]) == 0
    assert (tmp_path / "again.books.csv").read_text().count("\n") > 50
