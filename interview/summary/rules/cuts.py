"""What never reaches a page, whatever a model writes: scores, recommendations, judgements of a person, markup. Pure.

Cuts rather too much than too little: a sentence that is lost costs little, a score that slips through is the end of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from interview.summary.rules.texts import folded, hidden_count, tokens, visible

LONGEST: Final = 320
WORDS_FEWEST: Final = 3


class Cut(StrEnum):
    """Why something of a model's answer is not shown."""

    UNSUPPORTED = "unsupported"
    INVENTED = "invented"
    NUMBER = "number"
    SPEAKER = "speaker"
    SCORE = "score"
    VERDICT = "verdict"
    PERSON = "person"
    INSTRUCTION = "instruction"
    LANGUAGE = "language"
    MARKUP = "markup"
    SHAPE = "shape"
    EXTRA = "extra"
    DUPLICATE = "duplicate"
    SURPLUS = "surplus"


CUT_WORDS: Final = {
    Cut.UNSUPPORTED: (
        "sentence whose quote is not in the transcript",
        "sentences whose quote is not in the transcript",
    ),
    Cut.INVENTED: ("sentence with quoted words that nobody said", "sentences with quoted words that nobody said"),
    Cut.NUMBER: ("sentence with a number that nobody said", "sentences with a number that nobody said"),
    Cut.SPEAKER: ("sentence that gave words to the wrong speaker", "sentences that gave words to the wrong speaker"),
    Cut.SCORE: ("place with a score or grade", "places with a score or grade"),
    Cut.VERDICT: ("recommendation, ranking, praise or criticism", "recommendations, rankings, praise or criticism"),
    Cut.PERSON: ("remark on a person's voice, manner or looks", "remarks on a person's voice, manner or looks"),
    Cut.INSTRUCTION: (
        "sentence that leans on words spoken to a machine",
        "sentences that lean on words spoken to a machine",
    ),
    Cut.LANGUAGE: ("sentence in another language", "sentences in another language"),
    Cut.MARKUP: ("sentence with markup, links or signs", "sentences with markup, links or signs"),
    Cut.SHAPE: ("claim without its parts", "claims without their parts"),
    Cut.EXTRA: ("field that nobody asked for", "fields that nobody asked for"),
    Cut.DUPLICATE: ("repetition", "repetitions"),
    Cut.SURPLUS: ("sentence beyond the most that is shown", "sentences beyond the most that is shown"),
}


# -- numbers and scores ----------------------------------------------------------------------------------------------

_NUMBERS: Final = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|hundred|"
    "null|eins|ein|zwei|drei|vier|funf|fuenf|sechs|sieben|acht|neun|zehn|hundert|"
    "un|une|deux|trois|quatre|cinq|sept|huit|neuf|dix|cent|"
    "uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|cien|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|"
    "dois|quatro|oito|dez|een|twee|vijf|zes|zeven|acht|negen|tien|fyra|fem|sju|atta|nio|tio|"
    "jeden|dwa|trzy|cztery|piec|szesc|dziesiec|iki|uc|dort|bes|alti|on|yksi|kaksi|kolme|nelja|viisi|kymmenen|"
    "один|два|три|четыре|пять|шесть|семь|восемь|девять|десять|п'ять|i|ii|iii|iv|v|x"
)
_NUMBER: Final = rf"(?:(?<!\d)\d+(?:[.,]\d+)?|\b(?:{_NUMBERS})\b)"
_OF: Final = r"(?:/|out of|of|von|aus|sur|de|su|di|van|av|ud af|z|uz|из|з|over|üzerinden|\\|:|\|)"
_SCORE = re.compile(
    "|".join(
        (
            rf"{_NUMBER}\s*{_OF}\s*(?:a\s+|possible\s+|the\s+)*{_NUMBER}(?!\s*(?:customers?|people|teams?))",
            rf"{_NUMBER}\s*[- ]?(?:stars?|points?|pts?|marks?|sterne?n?|punkte?n?|etoiles?|estrellas?|estrelas?|stelle|"
            r"puntos?|pontos?|punti|poang|bodu|punktow|балл\w*|очк\w*)\b",
            r"\b(?:scor\w*|scorecard|subscore\w*|ratings?|rated|rates?\s+(?:him|her|them|it|the|this|as|at|a|highly)|"
            r"(?:would|i|we|could|should|to|can)\s+rate|grad(?:e|es|ed|ing)\b|marks?\s+out|(?:full|top|high|low)\s+marks?|"
            r"percentile\w*|overall\s*[:=]|likert|on\s+(?:a|the)\s+scale|points?\s+(?:awarded|scored|given|earned))",
            r"\b(?:bewert\w*|punktzahl\w*|benot\w*|schulnote\w*|notation|note\s*[:=]|puntuacion\w*|puntaje\w*|calificacion\w*|"
            r"punteggi\w*|valutazion\w*|voto\b|pontuac\w*|avaliac\w*|nota\s*[:=]|cijfer\w*|beoordel\w*|betyg\w*|arvosan\w*|"
            r"pistee\w*|pontszam\w*|ocen[aiey]\w*|hodnocen\w*|znamk\w*|puan\w*|skor\w*|nilai\w*|punctaj\w*|diem so|karakter\w*)",
            "оценк|оцінк|балл|рейтинг|βαθμολογ|评分|得分|打分|分数|分數|評分|满分|滿分|评级|評価|採点|点数|得点|スコア|満点|점수|평점|만점|"
            "تقييم|درجة|نقاط|النتيجة|ציון|דירוג|अंक|स्कोर|रेटिंग|คะแนน",
            r"[0-9一二三四五六七八九十]\s*(?:分|点|點|점|점수|星)",
            r"(?<![\w'])[a-f][+\-](?![\w])|\bgrade\s+[a-f]\b|\b(?:straight|solid)\s+[a-f]s?\b",
            r"\b(?:a|an|at|is|gets?|gives?|gave|earns?|deserves?|receives?|of|straight|solid|clear|an?\s+\w+)\s+"
            r"(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+)\b(?=\s*(?:[.,;!?)]|$|overall|for\b|on\b))",
            rf"(?:\blevel|\bscale|\bmark|\bband|\btier)\s*[:=]?\s*{_NUMBER}",
        )
    )
)
_STARS = re.compile("[★☆⭐✩✪✭✮✯✰⯨🌟👍👎✅❌💯🥇🥈🥉]")

# -- verdicts --------------------------------------------------------------------------------------------------------

_VERDICT = re.compile(
    "|".join(
        (
            r"\b(?:hir(?:e|es|ed|ing|able)|rehir\w*|no-?hire|reject\w*|shortlist\w*|recommendation\w*|"
            r"(?:not|highly|strongly|fully|warmly|be|is|are|am|was)\s+recommended|(?:i|we|would|to|and|also)\s+recommend\b|"
            r"recommended?\s+(?:for|as|the|this|him|her|them|to|moving|hiring|advanc\w*)|"
            r"advance[ds]?\s+(?:the|this|to|him|her|them)|next\s+(?:round|stage|step in the process)|"
            r"move\s+(?:\w+\s+){0,2}forward|make\s+(?:\w+\s+){0,2}offer|offer\s+(?:\w+\s+){0,2}(?:job|position|role)|"
            r"outperform\w*|underperform\w*|thumbs\s+(?:up|down)|green\s*light|red\s+flags?|pass(?:es|ed)?\s+the\b|no\s+concerns)",
            r"^\s*recommend\b",
            r"\bstrong\s+(?:yes|no|candidate|pitch|performance|performer|fit|sales\w*|seller|answer|start|finish|grasp)",
            r"\b(?:good|great|best|better|worst|worse|bad|ideal|right|wrong|top|solid|perfect|natural|clear|excellent|poor)\s+"
            r"(?:candidate|fit|choice|hire|pitch|performance|performer|sales(?:man|woman|person)|seller|match|job|work|answer)",
            r"\b(?:above|below)\s+(?:the\s+)?(?:average|bar|expectations?|standard|others?|rest|peers)",
            r"\b(?:exceed|meet|met|miss|fail|surpass|fall short)\w*\s+(?:of\s+)?(?:all\s+|the\s+|our\s+|every\s+)*"
            r"(?:expectation|bar\b|standard|requirement|criteri)",
            r"\b(?:deserv\w*|st(?:ands?|anding|ood)\s+out|(?:should|must|ought\s+to)\s+(?:take|choose|pick|select|pass|win|get)|"
            r"than\s+(?:the\s+|any\s+|all\s+)*(?:others?|rest)|(?:others?|rest\s+of\s+the|among\s+the)\s+(?:applicant|candidate)s?)\b",
            r"\b(?:should|must|ought)\s+(?:\w+\s+){0,2}(?:to\s+be|be)\s+"
            r"(?:hired|rejected|advanced|invited|considered|offered|accepted|selected|chosen|promoted)",
            r"\b(?:rank\w*\s+(?:first|second|third|last|above|below|among|highest|lowest|higher|lower|#|\d)|number\s+one|"
            r"top\s*\d+|top[- ](?:tier|notch|performer|candidate)|best\s+(?:of|among|in|so far|i|we)|"
            r"(?:better|worse|stronger|weaker)\s+than\s+(?:the\s+|any\s+|all\s+|most\s+|every\s+)*(?:other|candidate|previous|average|most|rest))",
            r"\b(?:empfehl\w*|einstell(?:en|ung)|kandidat\w*\s+ist|recommand\w*|embauch\w*|recomend\w*|recomiend\w*|contrat(?:ar|en|ado|acao)|"
            r"raccomand\w*|assunzion\w*|assumere|aanbevel\w*|aannemen|rekommend\w*|anstall\w*|anbefal\w*|polecam\w*|zatrudn\w*|"
            r"rekomend\w*|doporuc\w*|oneri(?:r|l)\w*|suositt\w*|palk(?:ka|at)\w*|ajanl\w*)",
            "рекоменд|нанять|нанима|рейтинг|推荐|推薦|录用|錄用|聘用|排名|採用|順位|추천|채용|순위|توصية|أوصي|نوصي|توظيف|המלצה|להעסיק|सिफारिश|แนะนำ|συνιστ|προσλ",
        )
    )
)
_PRAISE = re.compile(
    r"\b(?:exceptional\w*|outstanding\w*|excellen\w*|impress\w*|brilliant\w*|superb\w*|stellar|flawless\w*|perfect\w*|amazing\w*|"
    r"fantastic\w*|terrific\w*|remarkabl\w*|masterful\w*|convincing\w*|persuasive\w*|compelling\w*|poorly|poor|weak\w*|mediocre|"
    r"disappoint\w*|inadequate\w*|unsatisf\w*|satisfactor\w*|superior\w*|inferior\w*|well[- ](?:done|prepared|spoken|handled)|"
    r"very well|did well|effective\w*|ineffective\w*|skilful\w*|skillful\w*|skilled|talent\w*|competen\w*|incompeten\w*|expert\w*|"
    r"professional\w*|unprofessional\w*|credible|admirabl\w*|awesome|great|wonderful\w*|strong\w*|clearly|genius|lacks?|lacked|"
    r"fail(?:s|ed)?|struggl\w*|successfully|qualified|unqualified|mastery|thorough\w*)\b"
)

_ABOUT_THE_PITCH = re.compile(
    r"\b(?:candidate|applicant|seller|salesperson|sales rep|rep|interviewee|he|she|pitch|performance|questions?|asked|"
    r"answer\w*|explain\w*|explanations?|respon\w*|repl(?:y|ies|ied)|description|demonstration|presentation)\b"
)

# -- persons ---------------------------------------------------------------------------------------------------------

_PERSON = re.compile(
    r"\b(?:accents?|accented|pronunciation|pronounc\w*|intonation|diction|fluen(?:t|tly|cy)|native speaker\w*|mother tongue|"
    r"broken english|nervous\w*|anxious\w*|confiden(?:t|tly|ce)|self-?assur\w*|unsure|insecur\w*|hesitat\w*|hesitant\w*|"
    r"stutter\w*|stammer\w*|mumbl\w*|filler words|charisma\w*|charming|attractive\w*|handsome|beautiful\w*|pretty|good-?looking|"
    r"appearance|appeared|looks?\s+(?:young|old|tired|good|bad|nice|well|professional|like)|looked|well-?dressed|dressed|clothing|clothes|outfit|"
    r"body language|eye contact|smil(?:e|es|ed|ing)|gestur\w*|posture|tone of|tonality|demeanou?r|mannerism\w*|poise\w*|"
    r"enthusias\w*|energetic\w*|passionate\w*|likeab\w*|likab\w*|friendl\w*|personalit\w*|arrogan\w*|calm\w*|compos(?:ed|ure)|shy\w*|"
    r"introver\w*|extrover\w*|sound(?:s|ed)|(?:speaks?|spoke|talks?|talked)\s+(?:\w+\s+)?(?:slow|fast|quick|clear|loud|soft|quiet|well|fluent)\w*|"
    r"young\w*|elderly|middle-aged|gender|male|female|woman|women|man|lady|gentleman|ethnic\w*|racial\w*|religio\w*|pregnan\w*|"
    r"disab(?:led|ility)|foreign\w*|immigrant\w*|nationalit\w*|"
    r"akzent\w*|aussprache|stimme|nervos\w*|selbstbewusst\w*|selbstsicher\w*|aussehen|auftreten|voix|prononciation|"
    r"acento|pronunciacion|nervios\w*|pronuncia|sotaque|uitspraak|zenuwachtig\w*)\b"
    r"|акцент|голос|уверенн|口音|声音|外表|自信|アクセント|発音|容姿|억양|목소리|외모|لهجة|صوت"
)
_PERSON_UNLESS_SAID = re.compile(
    r"\b(?:voices?|tone|energy|humou?r|warm|warmth|honest\w*|authentic\w*|sincer\w*|trustworth\w*|voz|voce)\b"
)

# -- markup, signs, other scripts --------------------------------------------------------------------------------------

_MARKUP = re.compile(
    r"[<>{}`|\\\[\]^~]|\*\*|__|https?:|www\.|\w\.(?:com|org|net|io|de|example|invalid)\b|&(?:#\w+|[a-z]+);|!\[|javascript|data:|=\s*[\"']|^\s*[#>*=+-]",
    re.IGNORECASE,
)
_SPELLED_OUT = re.compile(r"\b(?:\w[\s.\-_*]){3,}\w\b")

# -- languages -------------------------------------------------------------------------------------------------------

_FUNCTION_WORDS: Final = {
    "en": "the and of with that what how when where which they their there for from by about to it is this not does are were "
    "would who asked said was than into before after because in at on or but has had have been",
    "de": "der die das und nicht ist mit von dem den ein eine einer sich auf wie wird wurde dass auch fur uber nach aus bei kunde in war",
    "fr": "le la les des une est pas avec pour dans que qui sur du au aux ce cette il elle sont ete par plus et",
    "es": "el los las una es con para que por del al se su como no son fue esta este y lo mas",
    "it": "il lo gli una che con per non del della di sono stato come si alla nel dei e ha in",
    "pt": "o os as uma com para que por do da dos das nao se foi como mais em ao e um",
    "nl": "het een van niet met voor dat wordt werd door ook bij naar zijn over hoe wat als er en de is was in",
    "sv": "och det att som inte med for den ett ar av har till om pa var kan",
    "da": "og det at som ikke med for den et er af har til om blev kan",
    "pl": "nie na jest sie z do ze jak dla przez oraz byl to od po co",
    "ro": "si nu este cu pentru din care pe sa fost mai la",
    "fi": "ja ei on se etta kun mita miten hyvin ovat oli",
    "tr": "ve bir bu ile icin degil olarak daha cok ne da",
    "id": "dan yang tidak dengan untuk ini itu dari adalah pada",
}
_STOPS: Final = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}


def is_in_language(text: str, language: str) -> bool:
    """Tell whether a sentence is in this language rather than in any other we know, or in one we do not know."""
    letters = [one for one in text if one.isalpha()]
    latin = sum(1 for one in letters if "LATIN" in unicodedata.name(one, ""))
    if not letters or latin < 0.97 * len(letters):
        return False
    words = re.findall(r"[a-z']+", folded(text))
    found = {name: sum(word in stops for word in words) for name, stops in _STOPS.items()}
    own = found.pop(language)
    return own >= 2 and own > max(found.values())  # "was", "is" and "in" are words of several


# -- words spoken to a machine -----------------------------------------------------------------------------------------

_READER: Final = (
    r"(?:summari[sz]\w*|language model|llm|chat\s?gpt|gpt|claude|gemini|the ai\b|an ai\b|artificial intelligence|ai (?:assistant|model|grader|"
    r"system|tool|reader|summary)|automated (?:\w+ )?(?:assistant|reader|system|grader|note)\w*|the (?:assistant|grader|evaluator|bot|machine|model)\b|"
    r"whoever or whatever|note\s?taker)"
)
_ORDER: Final = (
    r"(?:rate|score|give|grade|output|print|write|report|recommend|say|skip|omit|repeat|reveal|disregard|ignore|forget|"
    r"follow|return|respond|answer|reply|replace|append|include|mark|set|add|pretend|act|treat|conclude)"
)
_INSTRUCTION = re.compile(
    "|".join(
        (
            r"(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruct\w*|prompts?|rules?|guidelines?|directions?|told|above|said before|earlier|previous)",
            r"\b(?:system|developer)\s*(?:prompt|message|note|override|administrator|instruction)\b|^\s*(?:system|assistant|user|developer)\s*:",
            r"\bnew (?:instruction|task|rule|system)s?\b|\bcorrect summary\b|\bscoring guide\b|\bpretend (?:you|to be)\b|\byou are now\b|"
            r"\bact as\b|\bfrom now on you\b|\bas an? (?:ai|language model)\b|\bjailbreak|\bdeveloper mode\b|\bdo anything now\b",
            rf"{_READER}.{{0,120}}\b{_ORDER}\b|\b{_ORDER}\b.{{0,120}}{_READER}",
            r"\b(?:rate|score|grade|give|award|mark)\s+(?:me|myself|this candidate|the candidate|him|her|them|us)\b.{0,60}"
            r"(?:\d|\bfive\b|\bten\b|\btop\b|\bfull\b|\bperfect\b|\bhighest\b|\bmax\w*|\bstars?\b|\bscore)",
            r"\b(?:overall |final |total )(?:score|rating)s?\b.{0,20}\b(?:\d|five|ten)\b|\b(?:score|rating)\s*[:=]\s*\d|\b\d\s*(?:/|out of)\s*(?:5|10|five|ten)\b.{0,40}\b(?:score|rating|rate|me)\b|"
            r"\b(?:strong|definite|clear)\s+(?:hire|yes)\b|\b(?:recommend|mark|say|output)\b.{0,20}\b(?:hire|hiring)\b",
            r"<\|?\s*/?(?:im_start|im_end|system|endoftext|assistant|user|begin|end)|\[/?inst\]|<</?sys>>|#{2,}\s*(?:system|response|instruction|assistant|human|end)|"
            r"\bend of (?:the )?transcript\b|\bbegin (?:the )?(?:evaluation|system|summary)\b|</?(?:segments?|transcript|system|data|instructions?)\b|\"(?:end_mark|claims|segments|role)\"\s*:",
            r"\b(?:ignorier\w*|vergiss|missachte\w*|ignorez|oubliez|ignora\w*|olvida\w*|ignore\w*|esque\w*|negeer|zignoruj\w*|unut|yoksay\w*)\b.{0,60}"
            r"\b(?:anweis\w*|vorgabe\w*|instruc\w*|instruktion\w*|consign\w*|istruzion\w*|instruco\w*|instructie\w*|polecen\w*|talimat\w*|regeln?|reglas?|regles?)",
            r"\b(?:bewerte|bewerten sie|benote|gib|geben sie|donnez|donne|notez|dame|dale|califica\w*|pon|dai|dammi|valuta\w*|geef|avalie|atribua)\b.{0,40}"
            r"(?:\bmich|\bmir|\bmoi|\bme\b|\bmi\b|\bmij|\d|\bfunf|\bcinq|\bcinco|\bcinque|\bvijf|\bpunkte|\bpuntos|\bpunti|\bnote)",
            "忽略.{0,12}(?:指令|指示|说明|說明|规则|提示)|无视|無視|给我.{0,6}(?:满分|分)|指示を.{0,8}(?:無視|忘れ)|이전.{0,8}(?:지시|명령)|무시|игнорир|забудь.{0,20}инструк|"
            "поставь.{0,20}(?:балл|оценк|5)|تجاهل|התעלם|अनदेखा|नज़रअंदाज",
        )
    )
)


def addresses_reader(text: str) -> bool:
    """Tell whether words seem to be spoken to a machine that reads them, or hide characters that nobody sees."""
    if hidden_count(text) >= 3:
        return True
    return _INSTRUCTION.search(folded(text)) is not None


# -- the sentence itself ---------------------------------------------------------------------------------------------


def cut_of_sentence(text: str, said: str, *, language: str) -> Cut | None:
    """Return why a model's sentence (already one visible line) is not shown, or None; `said` are the words it leans on.

    A score, a verdict, praise of a pitch or a remark on a person is cut even where somebody said it."""
    if len(text) > LONGEST:  # first: what follows is not made for long texts
        return Cut.SHAPE
    plain = folded(text)
    if _STARS.search(text) or _SCORE.search(plain) or _SPELLED_OUT.search(plain):
        return Cut.SCORE
    praise = _PRAISE.search(plain) and (_ABOUT_THE_PITCH.search(plain) or _not_heard(_PRAISE, plain, said))
    if praise or _VERDICT.search(plain):
        return Cut.VERDICT
    if _PERSON.search(plain) or _not_heard(_PERSON_UNLESS_SAID, plain, said):
        return Cut.PERSON
    if addresses_reader(text):
        return Cut.INSTRUCTION
    if _MARKUP.search(text) or _signs(text) or hidden_count(text):
        return Cut.MARKUP
    words = [one.word for one in tokens(text)]
    if len(words) < WORDS_FEWEST:
        return Cut.SHAPE
    if _mixes_scripts(words) or not is_in_language(text, language):
        return Cut.LANGUAGE
    if not numbers(text) <= numbers(said):
        return Cut.NUMBER
    return None


def is_score(words: str) -> bool:
    """Tell whether the transcript's own words read like a score of somebody: they are not quoted in a summary."""
    plain = folded(words)
    return bool(_STARS.search(words) or _SCORE_SAID.search(plain) or _VERDICT_SAID.search(plain))


_SCORE_SAID = re.compile(
    rf"{_NUMBER}\s*(?:/|out of)\s*{_NUMBER}|\b(?:scor(?:e|es|ed|ing)|ratings?)\b.{{0,15}}\d|\d\s*(?:stars|points)\b|\b(?:rate|score|grade)\s+(?:me|this candidate|the candidate)"
)
_VERDICT_SAID = re.compile(
    r"\bhire (?:me|him|her|them|this)|strong (?:hire|yes)|recommend (?:me|hir|this candidate|the candidate)"
)


def numbers(text: str) -> set[str]:
    """Return the numbers in digits of a text, without their thousands' separators."""
    joined = re.sub(r"(?<=\d)[ ,.'’](?=\d{3}\b)", "", visible(text))
    return set(re.findall(r"\d+", joined))


_QUOTED = re.compile(
    r"[“„\"«‹「『‟″]([^”“\"»›」』″]*)(?:[”“\"»›」』″]|$)|(?<!\w)[‘'‚`´]([^’'`´]*(?:[’'](?=\w)[^’'`´]*)*)(?:[’'`´](?!\w)|$)"
)
_SPEECH = re.compile(
    r"\b(?:said|says|saying|stated|replied|answered|quote|quoted|word for word|verbatim|literally|exclaimed)\s*[:,]\s*(.+)$",
    re.IGNORECASE,
)


def quoted(text: str) -> list[str]:
    """Return the parts of a sentence that claim to be somebody's own words."""
    found = [double or single for double, single in _QUOTED.findall(text)]
    return [one for one in (*found, *_SPEECH.findall(text)) if one.strip()]


_ABOUT_CANDIDATE = re.compile(
    r"\b(?:candidate|applicant|seller|salesperson|sales rep|rep|interviewee|bewerber\w*|kandidat\w*|candidat\w*)\b"
)
_ABOUT_PANEL = re.compile(r"\b(?:panel|interviewer|buyer|customer asked|panellist|recruiter|hiring manager)\b")


def gives_to_another(text: str, roles: Iterable[str]) -> bool:
    """Tell whether a sentence says that the candidate, or the panel, said what only the other one said."""
    plain, who = folded(text), set(roles)
    if "candidate" not in who and who & {"panel"} and _ABOUT_CANDIDATE.search(plain):
        return True
    return who == {"candidate"} and bool(_ABOUT_PANEL.search(plain)) and not _ABOUT_CANDIDATE.search(plain)


def _not_heard(pattern: re.Pattern[str], plain: str, said: str) -> bool:
    found = pattern.findall(plain)
    heard = folded(said) if found else ""
    return any(not re.search(rf"\b{re.escape(one[:5])}", heard) for one in found)


def _signs(text: str) -> bool:
    return any(unicodedata.category(one) in ("So", "Sk", "Sm", "No", "Cn") and one not in "+%" for one in text)


def _mixes_scripts(words: Iterable[str]) -> bool:
    for word in words:
        scripts = {unicodedata.name(one, "").split(" ")[0] for one in word if one.isalpha()}
        if len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "MATHEMATICAL"}) > 1:
            return True
    return False
