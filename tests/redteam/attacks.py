"""The cheats of WATCH 4, table 3.1, over HTTP: one short function a strategy, which returns what happened."""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import psutil  # type: ignore[import-untyped]

from interview.knowledge.rules import CheckSettings
from tests.redteam.cases import FILM_MS, MINUTE_MS, Case, NotYet, attack
from tests.redteam.player import Answer, Player
from tests.redteam.stage import RATE, START_MS

HOUR_MS = 3_600_000
CAP_MS = RATE * 30 * MINUTE_MS
QUIZ = CheckSettings(draw_count=8, needed_pct=80, attempts_count=3, wait_min=720)
UNKNOWN = "x" * 22  # looks like a lease and is none


def statuses(answers: list[Answer]) -> str:
    """Return the different statuses of some answers, in order of their first appearance."""
    return "/".join(dict.fromkeys(str(one.status) for one in answers))


def nothing_stored(case: Case, player: Player, answers: list[Answer], *allowed: int) -> str:
    """Require that every answer has one of these statuses and that nothing was credited."""
    for one in answers:
        case.check(one.status in allowed, f"answered {one.status}, not {allowed}: {one.text[:120]}")
    covered_ms = case.covered_ms(case.candidates[0])
    case.check(covered_ms == 0, f"{covered_ms} ms credited")
    return f"{statuses(answers)}, credited {covered_ms} ms"


@attack(1, "Conclusions as extra fields of a beat", "422 or ignored, nothing credited")
def conclusions(case: Case) -> str:
    player = case.opened()
    extras = ({"completed": True}, {"percent": 100}, {"done": 1}, {"pct": 100, "covered_ms": FILM_MS})
    answers = [player.post({**player.beat(), **extra}) for extra in extras]
    answers.append(player.visitor.send_json(f"/watch/{player.material_id}/lease", {"completed": True, "done": 1}))
    return nothing_stored(case, player, answers, 422, 200, 201)


@attack(2, "One beat over the whole film right after opening", "200 short, credited <= 2 s + 2 x elapsed")
def whole_film_at_once(case: Case) -> str:
    player = case.opened()
    answer = player.send((0, FILM_MS))
    case.check(answer["reason"] == "short" and answer["short"], f"not short: {answer}")
    case.check(not answer["done"], "done")
    return f"200 {answer['reason']}, credited {answer['credited_ms']} ms"


@attack(3, "The same again with rising seq (120 times; 1,000 say no more)", "credited <= 2 s + 2 x elapsed, 429")
def whole_film_again_and_again(case: Case) -> str:
    player = case.opened()
    answers = [player.post(player.beat((0, FILM_MS))) for _ in range(120)]
    refused = [one for one in answers if one.status == 429]
    case.check(refused, "never 429")
    case.check(all("retry-after" in one.headers for one in refused), "429 without Retry-After")
    case.clock.forward(60)
    player.send((0, FILM_MS))
    return f"{statuses(answers)}, 429 {len(refused)} times"


@attack(4, "Position 0, then position D", "positions earn nothing, pieces <= budget")
def first_and_last_position(case: Case) -> str:
    player = case.opened()
    player.send(pos=0)
    first = player.send(pos=FILM_MS, state="ended")
    player.send((0, 1))
    last = player.send((FILM_MS - 1, FILM_MS), state="ended")
    case.check(first["covered_ms"] == 0, f"positions alone covered {first['covered_ms']} ms")
    case.check(not last["done"] and last["covered_ms"] <= START_MS, f"covered {last['covered_ms']} ms")
    return f"positions {first['covered_ms']} ms, with two pieces {last['covered_ms']} ms"


@attack(5, "Seek to the end and let `ended` fire", "only the tail, done=false, hole > 15 s")
def only_the_tail(case: Case) -> str:
    player = case.opened()
    case.clock.forward(15)
    answer = player.send((570_000, 599_500), speed=2, state="ended")
    case.check(answer["missing"] == [[0, 570_000]], f"missing is {answer['missing']}")
    case.check(not answer["done"], "done")
    return f"covered {answer['covered_ms']} ms, missing {answer['missing']}"


@attack(7, "Comb: 1 ms every 1,001 ms, then its gaps made joinable", "joined gaps are debited, <= budget")
def comb(case: Case) -> str:
    player = case.opened()
    teeth = [(at, at + 1) for at in range(0, FILM_MS, 1001)]
    joints = [(at + 500, at + 501) for at in range(0, FILM_MS - 501, 1001)]
    for pieces in (teeth, joints):
        for first in range(0, len(pieces), 16):
            case.clock.forward(1)
            answer = player.send(*pieces[first : first + 16])
    case.check(not answer["done"], "done")
    case.check(answer["covered_ms"] < FILM_MS // 2, f"covered {answer['covered_ms']} ms")
    return f"covered {answer['covered_ms']} ms after {2 * len(teeth)} pieces in 76 s"


@attack(9, "16x: 160 s of content in 10 s", "<= 2 x wall clock, short non-empty")
def sixteen_times(case: Case) -> str:
    player = case.opened()
    case.clock.forward(10)
    answer = player.send((0, 160_000), speed=16, pos=160_000)
    case.check(answer["short"], "nothing is short")
    return f"credited {answer['credited_ms']} ms, short {answer['short']}"


@attack(10, "A sped-up clock: mono ahead of the server by more than 2 s", "422 mono, flagged")
def fast_clock(case: Case) -> str:
    player = case.opened()
    case.clock.forward(10)
    answer = player.post(player.beat((0, 9000), mono=14_000))
    case.check((answer.status, answer.reason) == (422, "mono"), f"answered {answer.status} {answer.reason}")
    row = case.stage.watch_row(case.candidates[0].id, player.material_id)
    case.check(row is not None and row.flags == 1, "not flagged")
    case.check(row is not None and row.covered_ms == 0, "credited")
    return f"{answer.status} {answer.reason}, flags {row.flags if row else None}"


@attack(11, "A client that lives in 2040", "no effect, credited by server time")
def future_client(case: Case) -> str:
    player = case.opened()
    case.clock.forward(5)
    future = {"Date": "Tue, 03 Jan 2040 10:00:00 GMT"}
    body = player.beat((0, FILM_MS))
    body["segs"] = [[0, FILM_MS, 100, 0, 2_208_988_800_000]]
    first = player.raw(json.dumps(body).encode(), **future)
    second = player.raw(json.dumps(player.beat((0, FILM_MS))).encode(), **future)
    case.check({first.status, second.status} <= {200, 422}, statuses([first, second]))
    return f"{statuses([first, second])}, credited {case.covered_ms(case.candidates[0])} ms in 5 s"


@attack(12, "rate_x100=100 claimed for 4x content", "<= budget")
def lying_about_the_rate(case: Case) -> str:
    player = case.opened()
    for step in range(3):
        case.clock.forward(10)
        answer = player.send((step * 40_000, (step + 1) * 40_000), speed=1)
    case.check(answer["short"], "nothing is short")
    return f"covered {answer['covered_ms']} ms of 120,000 claimed in 30 s"


@attack(13, "rate_x100 0, negative, 1e9, NaN, a string", "422")
def impossible_rates(case: Case) -> str:
    player = case.opened()
    case.clock.forward(10)
    answers = []
    for rate in ("0", "-100", "1000000000", "NaN", '"2"', "1.5", "true"):
        body = json.dumps({**player.beat(), "segs": [[0, 1000, "RATE", 0, 1000]]}).replace('"RATE"', rate)
        answers.append(player.raw(body.encode()))
    return nothing_stored(case, player, answers, 422, 400)


@attack(14, "Pieces that cannot be: inverted, negative, behind the end, float, string, bool, null, 2^63", "422")
def impossible_pieces(case: Case) -> str:
    player = case.opened()
    case.clock.forward(10)
    edges = ("10,5", "5,5", "-1,5", f"0,{FILM_MS + 1501}", "0,1.5", "0.0,5", '"0",5', "0,true", "0,null", f"0,{2**63}")
    texts = [f"[{edge},100,0,1000]" for edge in edges]
    texts += ["[]", "[0,5]", "[0,5,100,0,1000,7]", "{}", "null", '"0-5"', "[0,5,100,9,1]", "[[0,5],5,100,0,1]"]
    bodies = [json.dumps({**player.beat(), "segs": ["PIECE"]}).replace('"PIECE"', text) for text in texts]
    answers = [player.raw(body.encode()) for body in bodies]
    for name, value in (
        ("seq", 0),
        ("seq", 10**7 + 1),
        ("seq", "1"),
        ("v", 2),
        ("pos", -1),
        ("state", "done"),
        ("mono", -1),
    ):
        answers.append(player.post({**player.beat(), name: value}))
    answers.append(player.post({**player.beat(), "segs": "x"}))
    return nothing_stored(case, player, answers, 422)


@attack(15, "17 pieces, 1 MB body, deep JSON, gzip bomb", "422/413/400, < 50 ms CPU each")
def heavy_bodies(case: Case) -> str:
    player = case.opened()
    beat = json.dumps({**player.beat(), "segs": [[at, at + 1, 100, 0, 1] for at in range(17)]}).encode()
    bomb = gzip.compress(b'{"v":1,"segs":[' + b" " * 50_000_000)
    first = psutil.Process(case.stage.server_pid)
    servers = [first, *first.children(recursive=True)]
    answers, most_ms = [], 0.0
    for body, extra, wanted in (
        (beat, {}, (422,)),
        (b"x" * 1_000_000, {}, (413,)),
        (beat + b" " * 8192, {}, (413,)),
        (b'{"v":' + b"[" * 8000, {}, (400, 422)),
        (b'{"v":' + b'{"a":' * 1600, {}, (400, 422)),
        (b'{"v":' + b"9" * 8000 + b"}", {}, (422,)),
        (b'{"v":1e' + b"9" * 800 + b"}", {}, (422,)),
        (bomb[:8000], {"Content-Encoding": "gzip"}, (400, 415, 422)),
        (bomb, {"Content-Encoding": "gzip"}, (413, 415)),
        (b"[]", {}, (400, 422)),
        (b'"beat"', {}, (400, 422)),
    ):
        taken_ms = []
        for _ in range(3):  # the first time a process answers so, it also learns how
            before = sum(one.cpu_times().user + one.cpu_times().system for one in servers)
            answers.append(player.raw(body, **extra))
            after = sum(one.cpu_times().user + one.cpu_times().system for one in servers)
            taken_ms.append((after - before) * 1000)
        most_ms = max(most_ms, min(taken_ms))
        case.check(answers[-1].status in wanted, f"{body[:20]!r}: {answers[-1].status}, not {wanted}")
    case.check(most_ms <= 60, f"{most_ms:.0f} ms CPU")  # counted in steps of 10 ms
    return f"{nothing_stored(case, player, answers, 422, 413, 400, 415)}, at most {most_ms:.0f} ms CPU"


@attack(16, "Replay of a captured beat verbatim", "200 dup, credited 0; with other content 409")
def replay(case: Case) -> str:
    player = case.opened()
    case.clock.forward(10)
    beat = player.beat((0, 10_000))
    player.post(beat)
    case.clock.forward(30)
    again = [player.post(beat).json() for _ in range(5)]
    case.check(all(one["dup"] and one["credited_ms"] == 0 for one in again), f"not a duplicate: {again[0]}")
    other = player.post({**beat, "segs": [[0, 40_000, 100, 0, 10_000]]})
    case.check((other.status, other.reason) == (409, "seq_conflict"), f"{other.status} {other.reason}")
    case.check(case.covered_ms(case.candidates[0]) == 10_000, "credited more than once")
    return f"200 {again[0]['reason']}, credited {again[0]['credited_ms']}; changed: {other.status} {other.reason}"


@attack(17, "Replay of the same range with seq+1", "200, credited 0 (union)")
def replay_under_a_new_number(case: Case) -> str:
    player = case.opened()
    case.clock.forward(10)
    player.send((0, 10_000))
    credited = 0
    for _ in range(5):
        case.clock.forward(10)
        credited += player.send((0, 10_000))["credited_ms"]
    case.check(credited == 0, f"credited {credited} ms")
    case.check(case.covered_ms(case.candidates[0]) == 10_000, "covered more than was played")
    return f"200, credited {credited} ms in five replays"


@attack(19, "seq jumps to 10^7, then small numbers", "200 dup below max-256, credit <= budget")
def jump_of_the_sequence(case: Case) -> str:
    player = case.opened()
    case.clock.forward(10)
    player.send((0, 10_000), seq=10**7)
    case.clock.forward(10)
    small = player.send((10_000, 20_000), seq=5)
    near = player.send((10_000, 20_000), seq=10**7 - 100)
    case.check(small["dup"] and small["credited_ms"] == 0, f"seq 5: {small}")
    case.check(near["credited_ms"] == 10_000, f"within the window nothing was credited: {near}")
    return f"seq 5: {small['reason']}; seq max-100: credited {near['credited_ms']} ms"


@attack(20, "Beats before any lease, and for a lease that does not exist", "404")
def no_lease(case: Case) -> str:
    case.candidate()
    player = case.player()
    case.remember_others()
    answers = [player.post(player.beat((0, 1000)), lease=UNKNOWN)]
    player.open()
    answers += [player.post(player.beat((0, 1000)), lease=lease) for lease in (UNKNOWN, "a", "A" * 21, "A" * 23)]
    return nothing_stored(case, player, answers, 404)


@attack(21, "Another candidate's lease", "404, same body and timing as an unknown one, no change")
def foreign_lease(case: Case) -> str:
    victim = Player(case.candidate("Vera").visitor, case.clock, case.film()).open()
    vera = case.candidates.pop()  # from here on somebody else
    player = case.opened()
    case.clock.forward(10)
    times: dict[str, list[float]] = {victim.lease: [], UNKNOWN: []}
    answers: dict[str, Answer] = {}
    for _ in range(20):
        for lease, taken in times.items():
            begun = time.perf_counter()
            answers[lease] = player.post(player.beat((0, 10_000)), lease=lease)
            taken.append(time.perf_counter() - begun)
    foreign, unknown = answers[victim.lease], answers[UNKNOWN]
    case.check(foreign.status == 404, f"answered {foreign.status}")
    case.check(foreign.content == unknown.content, "the body tells a foreign lease from an unknown one")
    apart_ms = abs(min(times[UNKNOWN]) - min(times[victim.lease])) * 1000  # the rest is the machine's noise
    case.check(apart_ms < 3, f"{apart_ms:.1f} ms apart")
    case.check(case.covered_ms(vera) == 0, "credited the victim")
    return f"{foreign.status}, same body, best times {apart_ms:.2f} ms apart"


@attack(22, "candidate_id and uid in body and query", "ignored or 422: identity only from the session")
def borrowed_identity(case: Case) -> str:
    vera = case.candidate("Vera")
    Player(vera.visitor, case.clock, case.film()).open()
    case.candidates.pop()
    player = case.opened()
    case.clock.forward(10)
    in_body = [player.post({**player.beat((0, 1000)), name: vera.id}) for name in ("candidate_id", "uid", "user")]
    path = f"/watch/lease/{player.lease}/beat?candidate_id={vera.id}&uid={vera.id}"
    in_query = player.visitor.send_json(path, player.beat((0, 5000)))
    lease = player.visitor.send_json(f"/watch/{player.material_id}/lease?candidate_id={vera.id}", {"uid": vera.id})
    case.check({one.status for one in in_body} <= {200, 422}, statuses(in_body))
    case.check(in_query.status == 200 and lease.status in (201, 422), f"query {in_query.status}, lease {lease.status}")
    case.check(case.covered_ms(vera) == 0, "credited somebody else")
    return f"body {statuses(in_body)}, query {in_query.status}: credited to the session's own candidate"


@attack(23, "No CSRF token, a cross-site form, text/plain without a token", "403")
def without_the_token(case: Case) -> str:
    player = case.opened()
    case.clock.forward(10)
    visitor, beat = player.visitor, player.beat((0, 10_000))
    path = f"/watch/lease/{player.lease}/beat"
    evil = {"Origin": "https://evil.example", "Referer": "https://evil.example/"}
    text = json.dumps(beat).encode()
    answers = [
        visitor.send_json(path, beat, token=""),
        visitor.send_json(path, beat, token="wrong"),
        visitor.send_json(path, {**beat, "csrf": "wrong"}, token=""),
        visitor.send_json(path, {**beat, "csrf": 5}, token=""),
        visitor.ask("POST", path, text, {"Content-Type": "text/plain", **evil}),
        visitor.ask("POST", path, text, {"Content-Type": "application/json", **evil}),
        visitor.ask("POST", path, b"v=1&seq=1", {"Content-Type": "application/x-www-form-urlencoded", **evil}),
        visitor.send_json(f"/watch/{player.material_id}/lease", {}, token=""),
        visitor.ask("POST", f"/watch/{player.material_id}/lease", None, evil),
    ]
    opened = len(case.stage.leases(case.candidates[0].id))
    case.check(opened == 1, f"{opened} leases")
    return nothing_stored(case, player, answers, 403, 415)


@attack(25, "Two tabs play two films at 2x in parallel", "one bucket: the sum <= budget")
def two_films_in_parallel(case: Case) -> str:
    first = case.opened()
    second = first.elsewhere(material_id=case.film(title="Webinar")).open()
    codes = []
    for step in range(6):
        case.clock.forward(10)
        for tab in (first, second):
            codes.append(tab.post(tab.beat((step * 20_000, (step + 1) * 20_000), speed=2)))
    total_ms = case.covered_ms(case.candidates[0])
    case.check(codes[0].status == 409 and codes[0].reason == "superseded", f"first tab: {codes[0].status}")
    return f"{statuses(codes)}, {total_ms} ms in 60 s together"


@attack(26, "20 devices of one account in parallel", "one bucket: the sum <= budget")
def twenty_devices(case: Case) -> str:
    player = case.opened()
    devices = [
        player.elsewhere(
            dataclasses.replace(player.visitor, cookies=dict(player.visitor.cookies), address=f"10.9.0.{n}")
        )
        for n in range(20)
    ]
    with ThreadPoolExecutor(20) as pool:
        leases = list(pool.map(lambda one: one.ask_lease(), devices))
        devices = [one for one in devices if one.lease]
        beats = []
        for _ in range(4):
            case.clock.forward(5)
            bodies = [one.beat((n * 30_000, (n + 1) * 30_000)) for n, one in enumerate(devices)]
            beats += list(pool.map(lambda pair: pair[0].post(pair[1]), zip(devices, bodies, strict=True)))
    case.check({one.status for one in beats} <= {200, 409, 429}, statuses(beats))
    return f"leases {statuses(leases)}, beats {statuses(beats)}, {case.covered_ms(case.candidates[0])} ms in 20 s"


@attack(28, "Open leases again and again (60 times; 10,000 say no more)", "429, no gain of the 2 s")
def many_leases(case: Case) -> str:
    player = case.opened()
    answers, old = [], []
    with case.clock.standing():  # on a busy machine each answer may take the second that allows one more
        for _ in range(60):
            answers.append(player.ask_lease())
            if answers[-1].status == 201:
                old.append(player.lease)
    case.check(answers[-1].status == 429, f"the last one answered {answers[-1].status}")
    for number, lease in enumerate(old):
        player.post(player.beat((number * 20_000, number * 20_000 + 20_000)), lease=lease)
    covered_ms = case.covered_ms(case.candidates[0])
    return f"{len(old)} leases, then 429; all of them together credited {covered_ms} ms"


@attack(29, "Open a lease, sleep 30 min, send one full beat", "coverage <= cap, done=false until checkpoints are met")
def sleep_and_claim(case: Case) -> str:
    player = case.opened()
    case.needs_checks(player)
    case.clock.forward(1800)
    answer = player.send((0, FILM_MS), pos=FILM_MS, state="ended")
    case.check(not answer["done"], "done without a checkpoint")
    case.check(answer["checks"] > 0 and answer["confirmed"] == 0, f"confirmed {answer['confirmed']}")
    case.check(answer["pct"] < 100, "100 % and not done")
    return f"covered {answer['covered_ms']} ms, confirmed 0 of {answer['checks']}, done=false"


def robot(case: Case, player: Player, **fields: int) -> str:
    """Send perfect beats over the whole film and answer nothing; coverage counts, done does not come."""
    player.answers_checks = False
    for _ in range(2):  # the second time the server says which parts to play again
        answer = player.play(0, player.duration_ms, **fields)
    case.check(answer["covered_ms"] >= player.duration_ms - 1000, f"covered only {answer['covered_ms']} ms")
    case.check(
        not answer["done"] and answer["confirmed"] == 0, f"done={answer['done']}, {answer['confirmed']} confirmed"
    )
    case.check(player.item()["state"] != "done", "the checklist says done")
    return f"covered {answer['covered_ms']} ms, stopped at checkpoints: {answer['confirmed']} of {answer['checks']}"


@attack(30, "A headless robot with perfect beats", "coverage, stopped at checkpoints; flagged (advisory)")
def perfect_robot(case: Case) -> str:
    player = case.opened()
    case.needs_checks(player)
    with case.clock.standing():
        happened = robot(case, player, hid=1)
    lease = case.stage.leases(case.candidates[0].id)[0]
    counts = f"{lease.beat_count} beats, hidden {lease.hidden_count}, pauses {lease.paused_count}"
    counts += f", even {lease.even_count}"
    signal = re.search(r"(?i)clockwork|script looks", case.team_record(case.candidates[0]))
    case.check(lease.hidden_count == lease.beat_count, f"not counted as hidden: {counts}")
    if case.stage.postgres is None:  # there each process has the database's clock from another moment
        case.check(10 * lease.even_count >= 9 * lease.beat_count, f"not counted as even: {counts}")
        case.check(signal, f"the reviewer is not told: {counts}")
    return f"{happened}; {counts}; the reviewer {'is' if signal else 'is not'} told"


@attack(31, "A robot that reads the checkpoint and answers at once", "accepted, counted as < 1 s, quiz remains")
def reading_robot(case: Case) -> str:
    player = case.opened()
    case.needs_checks(player)
    case.stage.ask_questions(case.job_id, QUIZ, count=24)
    confirmed, at = 0, 0
    while (check := player.play_to_check(start=at)) is not None and confirmed < 12:
        came = player.answer_check(check, player.right_answer(check))
        case.check(came.status == 200, f"answered {came.status}: {came.text[:100]}")
        confirmed += 1
        at = (player.send(state="paused")["covered_ms"]) // 1000 * 1000
    state = player.send(state="paused")
    case.check(state["done"], f"not accepted: {state.get('confirmed')} of {state.get('checks')}")
    case.check(player.pitch().status == 403, "the pitch is open without the quiz")
    quick = case.stage.quick_answers(case.candidates[0].id)
    case.check(quick == confirmed, f"{quick} of {confirmed} instant answers can be counted")
    shown = case.team_record(case.candidates[0])
    told = re.search(r"(?i)less than a second|instantly|at once", shown)
    case.check(told, "the reviewer is not told of instant answers")
    return f"{confirmed} answered at once, film done={state['done']}, pitch 403: the quiz remains"


@attack(32, "Answers to checkpoints that were not issued, guessed ids", "404; positions never disclosed")
def unissued_checkpoint(case: Case) -> str:
    vera = case.candidate("Vera")
    other = case.player(vera).open()
    case.needs_checks(other)
    foreign = other.play_to_check()
    case.candidates.pop()
    player = case.opened()
    ids = ["x" * 22, "1", "0", "..%2f..", "%00", "' OR 1=1 --".replace(" ", "%20"), str((foreign or {}).get("id"))]
    answers = [player.answer_check({"id": one}, 0) for one in ids]
    for one in answers:
        case.check(one.status == 404, f"answered {one.status}: {one.text[:100]}")
    case.clock.forward(10)
    told = [json.dumps(player.opened), json.dumps(player.send((0, 10_000)))]
    told += [player.visitor.get(path).text for path in (f"/prep/material/{player.material_id}", "/prep.json", "/prep")]
    secrets = case.stage.check_positions(case.candidates[0].id)
    case.check(secrets, "no position is stored")
    for at_ms in secrets:
        leaks = [text for text in told if re.search(rf"(?<!\d){at_ms}(?!\d)", text)]
        case.check(not leaks, f"the position {at_ms} is disclosed")
    case.check(json.loads(told[1]).get("unconfirmed") == [], "says where checkpoints are before they were passed")
    return f"{statuses(answers)} for {len(ids)} guesses, {len(secrets)} positions in none of {len(told)} answers"


@attack(33, "Trying the options of a checkpoint one after another", "one try an issue, a new word, 10 wrong: 429")
def brute_force(case: Case) -> str:
    player = case.opened()
    case.needs_checks(player)
    prompts, wrong, last = set(), 0, 0
    for _ in range(14):
        check = next_check(player)
        if check is None:
            break
        prompts.add(check["prompt"])
        came = player.answer_check(check, player.wrong_answer(check))
        last = came.status
        if came.status == 429:
            break
        case.check(came.status == 200 and came.json()["right"] is False, f"{came.status} {came.text[:100]}")
        wrong += 1
        again = player.answer_check(check, player.right_answer(check))
        case.check(
            (again.status, again.reason) in ((409, "used"), (429, "slow_down")), f"{again.status} {again.reason}"
        )
        if again.status == 429:
            last = 429
            break
    case.check(last == 429 or next_check(player) is None, f"{wrong} wrong answers and no end")
    case.check(8 <= wrong <= 11, f"{wrong} wrong answers were taken")
    case.check(len(prompts) > 1, "always the same word")
    return f"{wrong} wrong answers, {len(prompts)} words, then {last}"


def next_check(player: Player) -> dict[str, object] | None:
    """Play the first unconfirmed stretch again, or the film from its start, until a checkpoint is asked."""
    left = player.send(state="paused").get("unconfirmed") or [[0, player.duration_ms]]
    player.time.forward(30)
    return player.play_to_check(start=left[0][0])


@attack(38, "GET the pitch directly", "403 with links to what is missing")
def pitch_directly(case: Case) -> str:
    player = case.opened()
    answers = [player.visitor.get(path) for path in ("/pitch", "/pitch?unlocked=1", "/pitch?done=1")]
    answers.append(player.visitor.get("/pitch", Accept="application/json"))
    for one in answers:
        case.check(one.status == 403, f"answered {one.status}")
    case.check(f"/prep/material/{player.material_id}" in answers[0].text, "no link to what is missing")
    case.check("Sell us our own product" not in answers[0].text, "shows the brief")
    return f"{statuses(answers)}, links to /prep/material/{player.material_id}"


@attack(39, "What a finished candidate sent and got, replayed from another account", "403/404, no credit")
def finished_candidates_session(case: Case) -> str:
    case.film(duration_ms=40_000, title="Short")
    finn = case.candidate("Finn")
    done = case.player(finn).open()
    done.play_all()
    case.check(done.pitch().status == 200, "the finished candidate cannot pitch")
    case.candidates.pop()
    player = case.opened()
    answers = [
        player.post(player.beat((0, 40_000)), lease=done.lease),
        player.post(player.beat((0, 1000)), token=finn.visitor.token or finn.visitor.csrf()),
        player.visitor.send_json(
            f"/watch/{player.material_id}/lease", {}, token=finn.visitor.token or finn.visitor.csrf()
        ),
    ]
    case.check(answers[0].status == 404, f"the other's lease: {answers[0].status}")
    case.check(answers[1].status == answers[2].status == 403, f"the other's token: {statuses(answers[1:])}")
    stolen = dataclasses.replace(player.visitor, cookies=dict(finn.visitor.cookies))
    finn.visitor.form("/c/leave")
    case.check(stolen.get("/pitch").status in (302, 401, 403), "an ended session still pitches")
    case.check(player.pitch().status == 403, "the pitch is open")
    return f"lease {answers[0].status}, token {answers[1].status}, ended session {stolen.get('/pitch').status}"


@attack(40, "duration=1 or dur=1 in lease and beat", "ignored: the server knows the length")
def reported_duration(case: Case) -> str:
    player = case.player()
    lease = player.ask_lease(duration=1, dur=1, duration_ms=1)
    case.remember_others()
    if lease.status != 201:
        player.open()
    answers = [player.post({**player.beat((0, 1)), name: 1}) for name in ("duration", "dur", "duration_ms")]
    answer = player.send()
    case.check(player.duration_ms == FILM_MS and not answer["done"], f"duration {player.duration_ms}")
    case.check(answer["need_ms"] == 570_000, f"need_ms {answer['need_ms']}")
    return f"lease {lease.status}, beats {statuses(answers)}, duration stays {player.duration_ms}"


@attack(41, "Beats without ever fetching the media", "HLS: flag no_delivery; else coverage only, checkpoints")
def no_media(case: Case) -> str:
    player = case.opened()
    case.needs_checks(player)
    happened = robot(case, player)
    case.film_id = case.stage.upload(case.job_id, 90, "In segments", in_segments=True)
    page = player.visitor.get(f"/prep/material/{case.film_id}").text
    if "/hls/" not in page:
        case.lacks("HLS with the flag no_delivery")
        return happened
    other = case.player(case.candidate("Hal")).open()
    segments = f"in segments: {robot(case, other)}"
    told = re.search(r"(?i)never sent|not delivered", case.team_record(case.candidates[1]))
    case.check(told, "the reviewer is not told that nothing was delivered")
    return f"{happened}; {segments}, reviewer told"


@attack(42, "Overridden currentTime and played: a player that invents its beats", "as 30")
def invented_positions(case: Case) -> str:
    player = case.opened()
    case.needs_checks(player)
    return robot(case, player)


@attack(43, "Invented messages of a YouTube player", "as 30; the label stays third-party")
def fake_third_party(case: Case) -> str:
    case.job_id = case.stage.job()
    case.film_id = case.stage.add_embed(case.job_id)
    player = case.player()
    if player.ask_lease().status != 201:
        raise NotYet("embeds: no lease for third-party material")
    case.needs_checks(player)
    case.remember_others()
    happened = robot(case, player)
    case.check(player.item()["tier"] == "B", f"the tier is {player.item()['tier']}")
    return f"{happened}; tier {player.item()['tier']}"


@attack(45, "Muted in a hidden tab while doing something else", "coverage credited, stopped at checkpoints")
def muted_and_hidden(case: Case) -> str:
    player = case.opened()
    case.needs_checks(player)
    return robot(case, player, hid=1, mut=1)


@attack(46, "Seek ahead by 0.9 s all the time and claim the holes by the join", "holes <= 1 s only, and paid")
def holes_for_nothing(case: Case) -> str:
    player = case.opened()
    at = 0
    for _ in range(20):
        case.clock.forward(5)
        pieces = []
        for _ in range(16):
            pieces.append((at, at + 310))
            at += 310 + 900
        answer = player.send(*pieces)
    claimed_ms = 20 * 16 * 310
    wide = case.player(case.candidate("Wide")).open()
    case.clock.forward(10)
    ranges = wide.send((0, 1000), (2500, 3500))
    case.check(ranges["covered_ms"] == 2000, f"a hole of 1.5 s was joined: {ranges['covered_ms']} ms")
    return f"{claimed_ms} ms of crumbs over {at} ms covered {answer['covered_ms']} ms in 100 s; 1.5 s not joined"


@attack(49, "A beat for an older version of the material", "410/409, no credit to the new version")
def older_version(case: Case) -> str:
    player = case.opened()
    case.clock.forward(10)
    case.stage.replace_film(player.material_id, duration_ms=500_000)
    answer = player.post(player.beat((0, 10_000)))
    case.check(answer.status in (409, 410), f"answered {answer.status}")
    case.check(case.covered_ms(case.candidates[0]) == 0, "credited")
    return f"{answer.status} {answer.reason}"


@attack(50, "Media addresses of others, tampered ones, none of a session", "403/404/401")
def foreign_media(case: Case) -> str:
    player = case.opened()
    other_job = case.stage.job()
    foreign = case.stage.add_film(other_job)
    page = player.visitor.get(f"/prep/material/{player.material_id}").text
    found = re.search(r'(?:src|data-stream)="(/watch/\d+/(?:film|hls)/[^"]+)"', page)
    own = found[1].replace("&amp;", "&") if found else ""
    case.check(player.visitor.get(own).status == 200, "the own film is closed")
    bare, _, key = own.partition("?key=")
    paths: list[str] = [f"/watch/{foreign}/film/1", f"/watch/{player.material_id}/film/2"]
    paths += [f"/watch/{foreign}/captions/1.vtt", f"{bare}%2f..%2f.."]
    paths += [f"/watch/{player.material_id}/film/-1", "/files/1"]
    answers = [player.visitor.get(path) for path in paths]
    if key:
        tampered = [bare, f"{bare}?key=", f"{own}x", f"{bare}?key={key[:-4]}AAAA", f"{bare}?key={key.swapcase()}"]
        paths += tampered
        answers += [player.visitor.get(path) for path in tampered]
        paths.append(f"{own} of a neighbour")
        answers.append(case.candidate("Neighbour").visitor.get(own))
        case.clock.forward(6 * 3600 + 60)
        paths.append(f"{own} after 6 h")
        answers.append(player.visitor.get(own))
    else:
        case.lacks("signed addresses of media")
    answers += [case.stage.visitor().get(own), case.stage.visitor().get(own, Cookie="pitchproof=forged")]
    for path, one in zip((*paths, own, own), answers, strict=True):
        case.check(one.status in (401, 403, 404, 302), f"{path}: {one.status}")
        case.check(b"\x1a\x45\xdf\xa3" not in one.content[:4], f"{path} gave the film")
    return statuses(answers)


def link_page(case: Case) -> tuple[Player, str]:
    """Return a candidate's player on a plain link, and the address that its page leads to."""
    case.job_id = case.stage.job()
    case.film_id = case.stage.add_link(case.job_id)
    player = case.player()
    case.remember_others()
    page = player.visitor.get(f"/prep/material/{player.material_id}")
    found = re.search(r'href="(/go/[^"]+)"', page.text)
    if page.status != 200 or not found:
        raise NotYet(f"links: the page of a link answers {page.status} and leads to no /go/")
    return player, found[1]


def attest(player: Player) -> Answer:
    """Say that a link was watched."""
    return player.visitor.form(f"/watch/{player.material_id}/attestation", {"agree": "y"})


@attack(51, "Tier C: attest at once", "409 too_early with the seconds that remain")
def attest_at_once(case: Case) -> str:
    player, go = link_page(case)
    unopened = attest(player)
    opened = player.visitor.get(go)
    case.check(opened.status in (302, 303, 307), f"the link answers {opened.status}")
    case.check(opened.headers.get("location") == "https://example.com/webinar", f"to {opened.headers.get('location')}")
    answers = [unopened, attest(player)]
    case.clock.forward(FILM_MS / 2000 - 5)
    answers.append(attest(player))
    for one in answers:
        case.check(one.status == 409, f"attested with {one.status}")
    left_s = answers[-1].json().get("remaining_s", 0)
    case.check(answers[-1].reason == "too_early" and 0 < left_s <= 6, f"{answers[-1].reason}, remaining {left_s} s")
    stranger = case.candidate("Stranger").visitor.get(go)
    case.check(stranger.status in (403, 404), f"another candidate's token answers {stranger.status}")
    case.clock.forward(6)
    in_time = attest(player)
    case.check(in_time.status == 303, f"after D/2: {in_time.status}")
    case.may_finish = True
    return f"{statuses(answers)} before D/2, {in_time.status} after it, stranger {stranger.status}"


@attack(52, "Tier C: open the link in 10 tabs", "time counts once")
def ten_tabs(case: Case) -> str:
    player, go = link_page(case)
    for _ in range(10):
        player.visitor.get(go)
        case.clock.forward(20)
    answer = attest(player)
    case.check(answer.status == 409, f"attested with {answer.status} after 200 s")
    return f"{answer.status} after ten openings within 200 s of 300 s"


@attack(53, "Quiz: harvest the answers with a second account", "other draw and order, nothing revealed, <= 3 attempts")
def harvest(case: Case) -> str:
    player = case.player()
    case.remember_others()
    case.stage.ask_questions(case.job_id, QUIZ, count=24)
    mine, other = player.visitor, case.candidate("Harvester").visitor
    first, second = questions(mine, 1), questions(other, 1)
    case.check(len(first) == len(second) == 8, f"{len(first)} and {len(second)} questions")
    case.check(list(first.items()) != list(second.items()), "both accounts got the same draw in the same order")
    result = submit(other, 1, {})
    case.check(not re.search(r"sure \d+ yes", result.text), "the result tells an option")
    early = other.form("/prep/knowledge/attempts")
    case.check(early.status == 409, f"the next attempt without the 12 h: {early.status}")
    drawn = [set(second)]
    for number in (2, 3):
        case.clock.forward(12 * 3600 + 60)
        again(case, other)
        drawn.append(set(questions(other, number)))
        submit(other, number, {})
    case.check(not drawn[0] & drawn[1] and not (drawn[0] | drawn[1]) & drawn[2], "seen questions before unseen ones")
    case.clock.forward(12 * 3600 + 60)
    again(case, other)
    fourth = other.form("/prep/knowledge/attempts")
    case.check(fourth.status == 409, f"the fourth attempt: {fourth.status}")
    return f"other draw; early {early.status}, fourth attempt {fourth.status}, 24 different questions, no answer told"


def again(case: Case, visitor: object) -> None:
    """Open the personal link again, as somebody does who comes back the next day."""
    one = next(one for one in case.candidates if one.visitor is visitor)
    one.visitor.open_link(one.link)


def questions(visitor: object, number: int) -> dict[str, tuple[str, ...]]:
    """Start (or go on with) an attempt; return its questions with their options in the order shown."""
    visitor.form("/prep/knowledge/attempts")  # type: ignore[attr-defined]
    html = visitor.get(f"/prep/knowledge/attempts/{number}").text  # type: ignore[attr-defined]
    found = {}
    for part in re.findall(r"<fieldset.*?</fieldset>", html, re.S):
        prompt = re.search(r"Question \d+ of the bank\?", part)
        if prompt:
            found[prompt[0]] = tuple(re.findall(r"<label[^>]*>([^<]+)</label>", part))
    return found


def submit(visitor: object, number: int, answers: dict[str, str]) -> Answer:
    """Submit an attempt, open questions and all, and return its result page."""
    visitor.form(f"/prep/knowledge/attempts/{number}", {**answers, "anyway": "1"})  # type: ignore[attr-defined]
    result: Answer = visitor.get(f"/prep/knowledge/attempts/{number}/result")  # type: ignore[attr-defined]
    return result


@attack(55, "Quiz answers in HTML, JavaScript or the API", "absent")
def answers_in_the_page(case: Case) -> str:
    player = case.player()
    case.remember_others()
    case.stage.ask_questions(case.job_id, QUIZ, count=24, material_id=case.film_id)
    visitor = player.visitor
    case.check(len(questions(visitor, 1)) == 8, "no attempt")
    page = visitor.get("/prep/knowledge/attempts/1").text
    shapes = {re.sub(r"\d+", "0", re.sub(r">(some|sure|other) \d+ \w+<", "><", one))
              for one in re.findall(r'<div class="answer">.*?</div>', page, re.S)}  # fmt: skip
    case.check(len(shapes) == 1, "the markup of options differs")
    rest = re.sub(r">(?:some|sure|other) \d+ (?:yes|no)<", "><", page)
    case.check("yes" not in rest.lower() and "sure" not in rest.lower(), "something beside the options tells")
    saved = [visitor.send_json("/prep/knowledge/attempts/1", {"q-1": n}, method="PATCH").content for n in range(3)]
    case.check(len(set(saved)) == 1, "keeping an answer tells whether it is right")
    scripts = re.findall(r'src="([^"]+\.js[^"]*)"', page)
    elsewhere = [visitor.get(path) for path in ("/prep", "/prep.json", "/prep/knowledge", "/prep/status", *scripts)]
    elsewhere.append(submit(visitor, 1, {}))
    for one in elsewhere:
        case.check(not re.search(r"sure \d+ yes|\bright_?(answer|option|index)", one.text), "an answer elsewhere")
    bank = [visitor.get(f"/jobs/{case.job_id}/questions").status, visitor.get("/api/v1/jobs").status]
    case.check(all(status in (401, 403, 404) for status in bank), f"the bank answers {bank}")
    return f"one markup for all options, {len(elsewhere)} further answers tell nothing, bank {bank}"


@attack(58, "Path and encoding tricks, SQL and JSON injection", "404/422")
def injections(case: Case) -> str:
    player = case.opened()
    case.clock.forward(10)
    tricks = [
        "%00",
        "..%2f..",
        "%2e%2e%2f%2e%2e",
        "%27%20OR%201=1%20--",
        "%F0%9F%98%80",
        "%ff%fe",
        "A" * 3000,
        "%0d%0aX:1",
    ]
    tricks += [player.lease + "%00", player.lease.lower() + "=", player.lease + "%20", "%", f"{player.lease};drop"]
    answers = [player.post(player.beat((0, 1000)), lease=one) for one in tricks]
    for one in ("-1", "0x1", "1e3", "9" * 30, "%00", "1%27", f"{player.material_id}%20OR%201=1"):
        answers.append(player.visitor.send_json(f"/watch/{one}/lease", {}))
    for name, value in (
        ("state", "' OR 1=1 --"),
        ("segs", {"$gt": 0}),
        ("pos", {"__proto__": 1}),
        ("qn", "1;DROP TABLE watch"),
    ):
        answers.append(player.post({**player.beat(), name: value}))
    answers.append(player.raw(b'{"v":1,"v":1,"__proto__":{"done":true},"seq":1}'))
    for lease in ("%00", "x" * 22, player.lease + "%00"):
        for rest in ("checkpoint/x", "checkpoint/%00", "section/0"):
            answers.append(player.visitor.send_json(f"/watch/lease/{lease}/{rest}", {"answer": "\0"}))
    answers.append(player.visitor.send_json(f"/watch/{player.material_id}/trouble", {"code": "\0"}))
    for path in (
        "/go/%00",
        f"/watch/{player.material_id}/hls/1/%00/%00",
        f"/watch/{player.material_id}/film/1?key=%00",
    ):
        answers.append(player.visitor.get(path))
    return nothing_stored(case, player, answers, 404, 422, 400, 403)


@attack(59, "The server's clock goes back an hour, and on again", "dt=0, no negative budget, no hour twice")
def clock_set_back(case: Case) -> str:
    player = case.opened()
    player.answers_checks = False
    player.play(0, 60_000)
    case.clock.fault(steady_ms=-HOUR_MS, wall_ms=-HOUR_MS)
    back = player.send((60_000, FILM_MS), mono=0)
    budget = case.stage.budget(case.candidates[0].id)
    case.check(budget is not None and budget.budget_ms >= 0, "a negative budget")
    case.clock.fault(steady_ms=HOUR_MS, wall_ms=HOUR_MS)
    forth = player.send((60_000, FILM_MS), mono=0)
    case.clock.forward(10)
    after = player.send((60_000, FILM_MS), mono=0)
    case.check(after["credited_ms"] > 0, "no credit any more")
    return f"back: {back['credited_ms']} ms, on again: {forth['credited_ms']} ms, 10 s later: {after['credited_ms']} ms"


@attack(60, "The server's clocks jump an hour (a resumed VM): wall alone, then both", "one-off <= cap, audited")
def clock_jumps(case: Case) -> str:
    player = case.opened(duration_ms=4 * HOUR_MS, title="Long")
    player.answers_checks = False
    player.play(0, 30_000)
    case.clock.fault(wall_ms=HOUR_MS)
    alone_ms = player.send((30_000, 4 * HOUR_MS))["credited_ms"]
    case.check(alone_ms <= START_MS + 31_000 + 2 * case.stage.slack_ms, f"wall alone: {alone_ms} ms")
    audited = case.stage.audited("clock", case.candidates[0].id)
    case.clock.fault(steady_ms=HOUR_MS, wall_ms=HOUR_MS, granted_ms=CAP_MS // RATE)
    both_ms = player.send((30_000, 4 * HOUR_MS))["credited_ms"]
    case.check(both_ms <= CAP_MS, f"credited {both_ms} ms")
    again_ms = player.send((30_000, 4 * HOUR_MS))["credited_ms"]
    case.check(again_ms <= 2000 + 2 * case.stage.slack_ms, f"credited {again_ms} ms more at once")
    case.check(audited, "no audit row about the jump")
    return f"wall alone {alone_ms} ms, both {both_ms} ms once (cap {CAP_MS}), then {again_ms} ms"


@attack(61, "The database restarts between two beats, the same beat comes again", "credited once")
def database_restarts(case: Case) -> str:
    player = case.opened()
    case.clock.forward(10)
    beat = player.beat((0, 10_000))
    first = player.post(beat)
    case.stage.restart_database()
    again = [player.post(beat), player.post(beat)]
    case.clock.forward(10)
    player.send((10_000, 20_000))
    case.check(first.status == 200 and again[1].status == 200, statuses([first, *again]))
    covered_ms = case.covered_ms(case.candidates[0])
    case.check(covered_ms == 20_000, f"covered {covered_ms} ms")
    return f"{statuses([first, *again])}, covered {covered_ms} ms"
