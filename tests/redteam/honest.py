"""The honest but awkward behaviours of WATCH 4, table 3.2, over HTTP: each must end with everything credited."""

from __future__ import annotations

import http.client
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from interview.watch.rules.captions import Cue
from tests.redteam.cases import FILM_MS, MINUTE_MS, Case, NotYet, honest
from tests.redteam.player import Answer, Player

LONG_CUES = tuple(Cue(at, at + 10_000, " ".join(["word"] * 25)) for at in range(0, FILM_MS, 10_000))
TRACKER_WORDS = re.compile(  # what general lists like EasyPrivacy block by, wherever it stands in an address
    r"analytic|beacon|/collect\b|/event[s]?\b|/log(?:ging)?\b|/metric|/ping\b|/pixel|/stat[s]?\b|telemetry|track|/hit[s]?\b"
    r"|/imp(?:ression)?\b|/ga\.js|/gtm|/matomo|/piwik|/report(?:ing)?\b|/rum\b|/view(?:s|ed)?\b|/heartbeat|/fingerprint",
    re.I,
)


@honest(1, "Straight through at 1x", "done at the end, 100 % with the last beat")
def straight_through(case: Case) -> str:
    player = case.opened()
    answer = player.play(0, FILM_MS)
    case.must_be_done(player, answer)
    return f"{answer['pct']} % with the last beat, {player.met_count} checkpoints"


@honest(3, "At 0.5x, at 2x, and with ten changes of speed")
def slow_and_changing(case: Case) -> str:
    slow = case.opened()
    case.must_be_done(slow, slow.play_all(speed=0.5))
    fast = case.player(case.candidate("Fay")).open()
    case.must_be_done(fast, fast.play(0, FILM_MS, speed=2))
    other = case.player(case.candidate("Chris")).open()
    speeds = (1, 1.25, 2, 0.75, 1.5, 0.5, 2, 1, 1.75, 2)
    for number, speed in enumerate(speeds):
        other.play(number * MINUTE_MS, (number + 1) * MINUTE_MS, speed=speed)
    answer = other.finish()
    case.must_be_done(other, answer)
    return f"done at 0.5x; done at 2x with the last beat; done with speeds {speeds}"


@honest(4, "40 pauses, one of 3 h")
def many_pauses(case: Case) -> str:
    player = case.opened()
    for number in range(40):
        player.play(number * 15_000, (number + 1) * 15_000)
        player.send(state="paused", pos=(number + 1) * 15_000)
        case.clock.forward(3 * 3600 if number == 20 else 20)
    answer = player.finish()
    case.must_be_done(player, answer)
    return f"{answer['pct']} %, nothing lost in 40 pauses"


@honest(5, "Plays a part five times", "done, never more than 100 %")
def rewatching(case: Case) -> str:
    player = case.opened()
    for _ in range(5):
        part = player.play(100_000, 200_000)
    case.check(part["covered_ms"] == 100_000, f"five times 100 s covered {part['covered_ms']} ms")
    answer = player.play_all()
    case.must_be_done(player, answer)
    case.check(answer["covered_ms"] <= FILM_MS, f"covered {answer['covered_ms']} ms")
    return f"{answer['pct']} %, covered {answer['covered_ms']} ms of {FILM_MS}"


@honest(8, "No network for 8 min with a buffered film, beats flushed together", "done, nothing lost")
def offline_for_eight_minutes(case: Case) -> str:
    player = case.opened()
    beats = []
    for number in range(48):
        case.clock.forward(10)
        beats.append(player.beat((number * 10_000, (number + 1) * 10_000)))
    queued, beats[5:9] = len(beats), [beats[8], beats[6], beats[5], beats[7], beats[6]]  # disordered, one twice
    short, last = 0, {}
    for beat in beats:
        last = deliver(case, player, beat)
        short += len(last["short"])
    case.check(short == 0, f"{short} pieces came short")
    case.check(last["covered_ms"] == 480_000, f"covered {last['covered_ms']} ms of 480,000")
    player.play(480_000, FILM_MS)
    answer = player.finish()
    case.must_be_done(player, answer)
    return f"{queued} queued beats credited whole, {short} short; then {answer['pct']} %"


def deliver(case: Case, player: Player, beat: dict[str, Any]) -> dict[str, Any]:
    """Send a beat as the player must: after 429 and 503 again, when the server says."""
    for _ in range(30):
        answer = player.post(beat)
        if answer.status not in (429, 503):
            break
        case.clock.forward(float(answer.headers.get("retry-after", "2")))
    return Player._expect(answer, 200)


@honest(10, "503, 429 or a timeout on every third beat", "done after retries")
def refusals_on_the_way(case: Case) -> str:
    player = case.opened()
    lost = slowed = 0
    for number in range(60):
        case.clock.forward(10)
        beat = player.beat((number * 10_000, (number + 1) * 10_000))
        if number % 9 == 2:  # the proxy in front answers 503: the beat never arrives, and comes again
            case.clock.forward(2)
        elif number % 9 == 5:  # it arrives, its answer does not
            player.post(beat)
            lost += 1
        elif number % 9 == 8:  # too fast: the server itself refuses until some time has passed
            while player.post(player.beat(state="paused")).status != 429:
                pass
            slowed += player.post(beat).status == 429
        player.meet(deliver(case, player, beat))
    answer = player.finish()
    case.must_be_done(player, answer)
    case.check(slowed > 0, "the server never refused")
    return f"{answer['pct']} % after {lost} lost answers, {slowed} real 429"


@honest(12, "The laptop sleeps for 9 h in the middle", "the queued beat is credited, goes on")
def laptop_sleeps(case: Case) -> str:
    player = case.opened()
    player.play(0, 300_000)
    case.clock.forward(7)
    queued = player.beat((300_000, 307_000))
    case.clock.forward(9 * 3600)
    late = player.post(queued)
    case.check(late.status == 200 and late.json()["credited_ms"] == 7000, f"{late.status} {late.text[:100]}")
    player.play(307_000, FILM_MS)
    answer = player.finish()
    case.must_be_done(player, answer)
    return f"queued beat {late.json().get('credited_ms')} ms after 9 h, then {answer['pct']} %"


@honest(14, "Phone, laptop, phone", "union; the last beat of the phone is credited")
def three_devices(case: Case) -> str:
    phone = case.opened()
    phone.play(0, 200_000)
    case.clock.forward(9)
    laptop = phone.elsewhere(case.device(case.candidates[0])).open()
    case.check(laptop.opened["resume_ms"] == 200_000, f"the laptop resumes at {laptop.opened['resume_ms']}")
    late = phone.post(phone.beat((200_000, 209_000)))
    case.check((late.status, late.reason) == (409, "superseded"), f"the phone is told {late.status} {late.reason}")
    case.check(late.json()["credited_ms"] == 9000, f"its last beat: {late.json()['credited_ms']} ms")
    laptop.play(209_000, 400_000)
    phone.open()
    phone.play(400_000, FILM_MS)
    answer = phone.finish()
    case.must_be_done(phone, answer)
    return f"late beat {late.json()['credited_ms']} ms, then {answer['pct']} %"


@honest(16, "The buffer runs dry for 90 s")
def stall(case: Case) -> str:
    player = case.opened()
    player.play(0, 200_000)
    for _ in range(9):
        case.clock.forward(10)
        player.send(state="buffering", pos=200_000)
    player.play(200_000, FILM_MS)
    answer = player.finish()
    case.must_be_done(player, answer)
    return f"{answer['pct']} %"


@honest(17, "The tab is hidden, only the sound is on", "done; the checkpoint waits until they return")
def listening(case: Case) -> str:
    player = case.opened()
    player.answers_checks = False
    answer = player.play(0, FILM_MS, hid=1)
    case.check(answer["covered_ms"] == FILM_MS, f"listening covered {answer['covered_ms']} ms")
    case.clock.forward(600)
    player.answers_checks = True
    answer = player.finish()
    case.must_be_done(player, answer)
    return f"heard all of it, {player.met_count} checkpoints on returning, {answer['pct']} %"


@honest(18, "Muted with captions (deaf); the browser pauses it in the background", "resumes, done")
def muted(case: Case) -> str:
    player = case.opened()
    for number in range(6):
        at = number * 100_000
        player.play(at, at + 100_000, mut=1)
        player.send(state="paused", pos=at + 100_000, mut=1, hid=1)
        case.clock.forward(300)
    answer = player.finish(mut=1)
    case.must_be_done(player, answer)
    return f"{answer['pct']} % with mut=1 in every beat"


@honest(19, "Reads the transcript, plays nothing")
def reading(case: Case) -> str:
    player = case.player(title="To read", cues=LONG_CUES)
    happened = read_through(case, player)
    case.must_be_done(player)
    return happened


def read_through(case: Case, player: Player) -> str:
    """Read a transcript section by section, at the fastest pace that counts, until the material is done."""
    answer = player.ask_lease(way="read")
    if answer.status != 201 or "sections" not in player.opened:
        raise NotYet("reading: the lease answers no `sections`")
    sections = player.opened["sections"]
    section(player, sections[0]["n"])
    early = section(player, sections[0]["n"], read=True)
    case.check((early.status, early.reason) == (409, "too_early"), f"in no time: {early.status} {early.reason}")
    case.check(early.json().get("remaining_ms", 0) > 0, "the remaining time is not said")
    left, state = list(sections), {}
    for _ in range(5):
        for one in left:
            state = player.meet(section(player, one["n"]).json())
            case.clock.forward(one["least_ms"] / 1000 + 0.1)
            came = section(player, one["n"], read=True)
            case.check(came.status == 200, f"section {one['n']}: {came.status} {came.text[:100]}")
            state = player.meet(came.json())
        spots = [*state.get("missing", []), *state.get("unconfirmed", [])]
        left = [one for one in sections if any(a < one["to_ms"] and one["from_ms"] < b for a, b in spots)]
        if player.item().get("state") == "done" or not left:
            break
    return f"{len(sections)} sections, {player.met_count} checkpoints, tier {player.item().get('tier')}"


def section(player: Player, number: int, **fields: object) -> Answer:
    """Open a section of the transcript, or ask for its credit."""
    return player.visitor.send_json(f"/watch/lease/{player.lease}/section/{number}", fields)


@honest(20, "Keyboard and screen reader only (the words of the page; the keys are tried in the browser)")
def by_words_alone(case: Case) -> str:
    player = case.opened()
    page = player.visitor.get(f"/prep/material/{player.material_id}").text
    for needed in ('role="status"', "<video", "controls", "<track", 'lang="en"'):
        case.check(needed in page, f"the page lacks {needed}")
    answer = player.play_all()
    case.must_be_done(player, answer)
    return f"{answer['pct']} %, {player.met_count} checkpoints answered from their text"


@honest(21, "Misses a checkpoint five times (a telephone call)", "pauses, asked again, no coverage removed")
def missed_checkpoints(case: Case) -> str:
    player = case.opened()
    case.needs_checks(player)
    answer, asked, covered_ms = player.send(), [], 0
    start = 0
    for number in range(6):
        check = player.play_to_check(start=start)
        if check is None:
            case.check(False, f"not asked again after {number} misses")
            break
        asked.append(check["prompt"])
        if number < 5:
            case.clock.forward(150)
            late = player.answer_check(check, player.right_answer(check))
            case.check((late.status, late.reason) == (410, "expired"), f"{late.status} {late.reason}")
        else:
            player.meet({"checkpoint": check})
        answer = player.send(state="paused")
        case.check(answer["covered_ms"] >= covered_ms, "coverage was removed")
        covered_ms = answer["covered_ms"]
        start = (answer["unconfirmed"] or [[max(0, covered_ms - 40_000)]])[0][0]
    answer = player.play_all()
    case.must_be_done(player, answer)
    return f"asked {len(asked)} times ({len(set(asked))} words), {answer['pct']} %"


@honest(
    22,
    "The OS clock is wrong by two years, DST changes (here also the server's), flight to another time zone",
    "no effect",
)
def wrong_wall_clock(case: Case) -> str:
    player = case.opened()
    player.play(0, 200_000)
    case.clock.fault(wall_ms=-3_600_000)
    behind = player.play(200_000, 400_000)
    case.check(behind["covered_ms"] == 400_000, f"an hour back: covered {behind['covered_ms']} ms of 400,000")
    case.clock.fault(wall_ms=7_200_000)
    dated = player.raw(b"{}", Date="Sat, 25 Nov 2028 10:00:00 GMT")
    player.play(400_000, FILM_MS)
    answer = player.finish()
    case.clock.fault(wall_ms=-3_600_000)
    case.check(dated.status == 422, f"an empty beat: {dated.status}")
    case.must_be_done(player, answer)
    return f"{answer['pct']} %, wall clock -1 h and +1 h on the way"


@honest(23, "The session ends in the middle, then signs in again", "queued beats credited after signing in")
def session_ends(case: Case) -> str:
    player = case.opened()
    player.play(0, 300_000)
    queued = []
    for number in range(30, 36):
        case.clock.forward(10)
        queued.append(player.beat((number * 10_000, (number + 1) * 10_000)))
    case.clock.forward(13 * 3600)
    refused = player.post(queued[0])
    case.check(refused.status in (401, 403), f"answered {refused.status}")
    player.visitor.open_link(case.candidates[0].link)
    late = [deliver(case, player, beat) for beat in queued]
    case.check(sum(one["credited_ms"] for one in late) == 60_000, f"credited {[one['credited_ms'] for one in late]}")
    player.play(360_000, FILM_MS)
    answer = player.finish()
    case.must_be_done(player, answer)
    return f"{refused.status}, then 60,000 ms credited late, {answer['pct']} %"


@honest(24, "An ad blocker with a general privacy list", "beats pass")
def ad_blocker(case: Case) -> str:
    player = case.opened()
    page = player.visitor.get(f"/prep/material/{player.material_id}").text
    addresses = set(re.findall(r'(?:src|href|data-[a-z-]*url)="(/[^"]+)"', page))
    addresses |= {f"/watch/{player.material_id}/lease", f"/watch/lease/{player.lease}/beat"}
    addresses |= {f"/watch/lease/{player.lease}/checkpoint/{'x' * 22}"}
    scripts = [one for one in addresses if one.endswith(".js")]
    for script in scripts:
        addresses |= {
            f"/static/js/{one}" for one in re.findall(r'from "\./([\w.-]+)"', player.visitor.get(script).text)
        }
    case.check(any("beat" in one for one in addresses) and scripts, f"found only {sorted(addresses)}")
    blocked = sorted(one for one in addresses if TRACKER_WORDS.search(one.partition("?")[0]))
    case.check(not blocked, f"a list would block {blocked}")
    answer = player.play_all()
    case.must_be_done(player, answer)
    return f"{len(addresses)} addresses, none on the list; {answer['pct']} %"


def embed_page(case: Case) -> tuple[Player, str]:
    """Return a candidate's player on third-party material, and the page."""
    case.job_id = case.stage.job()
    case.film_id = case.stage.add_embed(case.job_id, cues=LONG_CUES)
    player = case.player()
    answer = player.visitor.get(f"/prep/material/{player.material_id}")
    if (
        answer.status != 200
        or "player" not in answer.text.lower()
        or f"/watch/{player.material_id}/film/" in answer.text
    ):
        raise NotYet(f"embeds: the page of a third-party film answers {answer.status} and plays it as a file")
    return player, answer.text


@honest(25, "Consent to the third party's player is refused", "another way is offered, never a dead end")
def consent_refused(case: Case) -> str:
    player, page = embed_page(case)
    address = f"/prep/material/{player.material_id}"
    closed = player.visitor.get(address).headers["content-security-policy"]
    case.check("youtube" not in closed, "the policy allows the third party before consent")
    case.check(not re.search(r'(?:src|href)="https?://[^"]*(youtube|ytimg|google)', page), "loads it before consent")
    case.check(re.search(r"(?i)read the transcript", page), "no other way on the page")
    given = player.visitor.form(f"{address}/player")
    opened = player.visitor.get(address).headers["content-security-policy"]
    case.check(given.status == 303 and "youtube" in opened, f"consent answers {given.status}, policy {opened}")
    player.visitor.form(f"{address}/player", {"take_back": "1"})
    case.check("youtube" not in player.visitor.get(address).headers["content-security-policy"], "not taken back")
    happened = read_through(case, player)
    case.must_be_done(player)
    return f"policy opens with consent alone; read instead: {happened}"


@honest(26, "The third party's player fails (101/150/153, deleted)", "recruiter alerted, another way, not completed")
def third_party_fails(case: Case) -> str:
    player, _ = embed_page(case)
    told = player.visitor.send_json(f"/watch/{player.material_id}/trouble", {"code": "150"})
    if told.status == 404:
        raise NotYet("embeds: no address for trouble")
    case.check(told.status < 300, f"{told.status} {told.text[:100]}")
    case.check(player.item()["state"] != "done", "silently completed")
    rita = case.stage.team(case.stage.recruiter_id)
    pages = [rita.get(path).text for path in ("/", f"/materials/{player.material_id}")]
    case.check(all(re.search(r"(?i)embed|not play|refuse|removed|150", one) for one in pages), "nobody is alerted")
    player.visitor.form(f"/prep/material/{player.material_id}/player")
    shown = player.visitor.get(f"/prep/material/{player.material_id}").text
    case.check(re.search(r"(?i)read the transcript", shown) and "Tell the team" in shown, "no other way")
    happened = read_through(case, player)
    case.must_be_done(player)
    return f"trouble {told.status}, team told; read instead: {happened}"


@honest(27, "`ended` 0.3 s before the end, currentTime 0.03 s behind it")
def ended_early(case: Case) -> str:
    player = case.opened()
    player.play(0, 590_000)
    case.clock.forward(10)
    answer = player.send((590_000, 599_700), state="ended", pos=FILM_MS + 30)
    case.check(answer["missing"] == [], f"missing {answer['missing']}")
    answer = player.finish()
    case.must_be_done(player, answer)
    return f"missing {answer['missing']}, {answer['pct']} %"


@honest(29, "Stops where 12 s of black begin", "done, by tolerance and by an excluded range")
def black_tail(case: Case) -> str:
    tolerant = case.opened()
    tolerant.play(0, 588_000)
    answer = only_checkpoints(tolerant)
    case.must_be_done(tolerant, answer)
    marked = case.film(duration_ms=61_000, title="Short with a black tail", excluded=((49_000, 61_000),))
    other = tolerant.elsewhere(material_id=marked).open()
    other.play(0, 49_000)
    answer = only_checkpoints(other)
    case.must_be_done(other, answer)
    return f"588 of 600 s: {tolerant.item()['pct']} %; 49 of 61 s with 12 s excluded: {answer['pct']} %"


def only_checkpoints(player: Player) -> dict[str, Any]:
    """Play again what the server asks for, if anything, and nothing that was not played; return the last answer."""
    answer = player.send(state="paused")
    for start, end in answer.get("unconfirmed", []):
        answer = player.play(start, end)
    return answer


@honest(30, "HLS holes of 0.1 to 0.6 s and changes of variant", "joined, done")
def small_holes(case: Case) -> str:
    player = case.opened()
    for number in range(60):
        at = number * 10_000
        hole = (100, 250, 400, 600)[number % 4]
        case.clock.forward(10)
        answer = player.send((at, at + 4000), (at + 4000 + hole, at + 10_000))
        player.meet(answer)
    case.check(answer["missing"] == [], f"missing {answer['missing']}")
    answer = player.finish()
    case.must_be_done(player, answer)
    return f"missing {answer['missing']}, {answer['pct']} %"


@honest(31, "Picture in picture, full screen, casting: reported late and in pieces")
def cast_to_the_telly(case: Case) -> str:
    player = case.opened()
    player.play(0, 200_000)
    case.clock.forward(200)
    silent = player.send((200_000, 330_000), (331_500, 400_000), state="paused", hid=1)
    case.check(silent["short"] == [], f"short {silent['short']}")
    player.play(400_000, FILM_MS)
    answer = player.finish()
    case.must_be_done(player, answer)
    return f"200 s reported at once, {answer['pct']} %"


@honest(32, "iOS: the native player, few events, low-power mode")
def iphone(case: Case) -> str:
    player = case.player()
    player.visitor.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
    player.open()
    for at in range(0, FILM_MS, 15_000):
        case.clock.forward(15)
        answer = player.meet(player.send((at + 250 if at else 0, at + 14_750 if at < 585_000 else FILM_MS)))
    answer = player.finish()
    case.must_be_done(player, answer)
    device = case.stage.leases(case.candidates[0].id)[0].device
    return f"{answer['pct']} %, device {device}"


@honest(33, "Slow 2G: every answer takes 25 s")
def slow_network(case: Case) -> str:
    player = case.opened()
    case.clock.forward(25)  # the lease's own answer
    phase = 0
    answer: dict[str, Any] = {}
    left = [[0, FILM_MS]]
    for attempt in range(12):
        for start, end in left:
            at = start
            while at < end:
                upto = min(end, at + 25_000 - phase)
                case.clock.forward((upto - at) / 1000)
                phase = (phase + upto - at) % 25_000
                if phase == 0 or upto >= player.duration_ms:  # the last answer is here: the next beat leaves
                    answer = player.send((start, upto), state="ended" if upto >= player.duration_ms else "playing")
                    player.meet(answer)
                at = upto
            answer = player.send((start, end), state="paused", pos=end)  # pausing sends what there is
            player.meet(answer)
        answer = player.send(state="paused")
        left = [*answer["missing"], *answer.get("unconfirmed", [])]
        if answer["done"] or not left:
            break
        case.clock.forward(7)
        phase = 7000 + 9000 * attempt % 25_000  # nobody presses play in time with the network
        phase %= 25_000
    case.must_be_done(player, answer)
    return f"{answer['pct']} %, {player.met_count} checkpoints"


@honest(34, "40 candidates behind one address (300 say no more)", "independent")
def behind_one_address(case: Case) -> str:
    case.film(duration_ms=50_000, title="Short")
    players = []
    for number in range(40):
        candidate = case.candidate(f"Number {number}")
        candidate.visitor.address = "192.0.2.1"
        players.append(case.player(candidate))
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda one: one.ask_lease().status, players))
        case.check(set(opened) == {201}, f"leases {sorted(set(opened))}")
        for step in range(5):
            case.clock.forward(10)
            pieces = (step * 10_000, (step + 1) * 10_000)
            answers = list(pool.map(lambda one: one.send(pieces), players))  # noqa: B023
    case.check(all(one["done"] for one in answers), f"{sum(one['done'] for one in answers)} done")
    case.must_be_done(players[-1], answers[-1])
    return f"{sum(one['done'] for one in answers)} of 40 done"


@honest(35, "The server restarts in the middle")
def server_restarts(case: Case) -> str:
    player = case.opened()
    player.play(0, 300_000)
    case.clock.forward(10)
    beat = player.beat((300_000, 310_000))
    case.stage.stop()
    refused = False
    try:
        player.post(beat)
    except (OSError, http.client.HTTPException):
        refused = True
    case.check(refused, "the server still answered")
    case.stage.start()
    case.check(player.post(beat).status == 200, "the same lease is unknown after the restart")
    player.play(310_000, FILM_MS)
    answer = player.finish()
    case.must_be_done(player, answer)
    return f"{answer['pct']} %, same lease, same session"


@honest(36, "The recruiter asks for more after completion", "stays done")
def more_is_asked(case: Case) -> str:
    player = case.opened()
    player.play(0, 586_000)
    answer = only_checkpoints(player)
    case.must_be_done(player, answer)
    case.stage.require(player.material_id, 1000)
    case.clock.forward(10)
    answer = player.send((0, 1000))
    case.must_be_done(player, answer)
    return f"{answer['pct']} % before and after"


@honest(38, "Back from the back/forward cache: the same page goes on", "the same lease goes on")
def back_forward_cache(case: Case) -> str:
    player = case.opened()
    player.play(0, 200_000)
    player.send(state="paused", pos=200_000)
    player.visitor.get("/prep")
    case.clock.forward(900)
    player.play(200_000, FILM_MS)
    answer = player.finish()
    case.must_be_done(player, answer)
    leases = len(case.stage.leases(case.candidates[0].id))
    case.check(leases == 1, f"{leases} leases")
    return f"{answer['pct']} % on one lease"


@honest(39, "The accommodation no_timer")
def no_timer(case: Case) -> str:
    case.film()
    candidate = case.candidate()
    rita = case.stage.team(case.stage.recruiter_id)
    granted = rita.form(f"/applications/{candidate.application.id}/accommodation", {"kind": "no_timer"})
    if granted.status == 404:
        raise NotYet("accommodations: no address for them")
    case.check(granted.status in (302, 303), f"granting answered {granted.status}")
    player = case.opened()
    case.needs_checks(player)
    answers = 0
    start = 0
    while (check := player.play_to_check(start=start)) is not None and answers < 10:
        case.check(check["ttl_s"] is None, f"ttl_s is {check['ttl_s']}")
        case.clock.forward(1800)
        came = player.answer_check(check, player.right_answer(check))
        case.check(came.status == 200 and came.json()["right"], f"after 30 min: {came.status} {came.text[:100]}")
        answers += 1
        start = player.send(state="paused")["covered_ms"] // 10_000 * 10_000
    answer = player.finish()
    case.must_be_done(player, answer)
    return f"{answers} checkpoints answered after 30 min each, {answer['pct']} %"
