"""The French of the demo corpus:

a large lexicon, one translation for each sentence, correct grammar.
"""

import random
import re
from collections import Counter, defaultdict

import pytest

from tools.demo_model.corpus.documents import Split, is_held_out
from tools.demo_model.corpus.language import states
from tools.demo_model.corpus.language.clauses import Form, english_verb, french_verb_phrase
from tools.demo_model.corpus.language.english import (
    comparative_and_superlative,
    shorten,
    with_article,
)
from tools.demo_model.corpus.language.french import (
    ADJECTIVES,
    COUNTRIES,
    NOUNS,
    Noun,
    adjective,
    tidy,
)
from tools.demo_model.corpus.language.grammar import PHRASES, finish_sentence, sentence
from tools.demo_model.corpus.language.phrases import Phrase, with_adjective, with_determiner
from tools.demo_model.corpus.language.places import country_place
from tools.demo_model.corpus.language.translation import document
from tools.demo_model.corpus.language.verbs import (
    HELPERS,
    OF_THINGS,
    PLAIN,
    TRANSITIVE,
    Verb,
    conjugate,
    french_verb,
)
from tools.demo_model.corpus.words import lines

WHO = {
    "I": Phrase("I", "je", 0), "he": Phrase("he", "il", 2), "she": Phrase("she", "elle", 2, True),
    "we": Phrase("we", "nous", 3), "you": Phrase("you", "vous", 4),
    "they": Phrase("they", "ils", 5), "Anna": Phrase("Anna", "Anna", 2, True),
    "my sisters": Phrase("my sisters", "mes sœurs", 5, True),
}  # fmt: skip
BY_ENGLISH: dict[str, Verb] = {verb.en: verb for verb in (*TRANSITIVE, *PLAIN)}
NOUN: dict[str, Noun] = {noun.en: noun for nouns in NOUNS.values() for noun in nouns}


def sentences(count: int) -> list[tuple[str, str]]:
    return [sentence(random.Random(index)) for index in range(count)]


def lemmas() -> list[str]:
    """Every French word of the lists, once."""
    nouns = {noun.fr for nouns in NOUNS.values() for noun in nouns} | {one.fr for one in COUNTRIES}
    verbs = {f"{verb.fr} {verb.tail}" for verb in (*TRANSITIVE, *PLAIN, *OF_THINGS, *HELPERS)}
    adjectives = {one.forms[0] for one in ADJECTIVES}
    small: set[str] = set()
    for section in ("numbers", "ages", "ordinals", "months", "days", "seasons", "places",
                    "when: present", "when: past", "when: future", "frequency", "manner",
                    "degrees", "reasons", "transport", "cities"):  # fmt: skip
        small |= {line.split("|")[1] for line in lines("french", section)}
    return [*nouns, *verbs, *adjectives, *small]


def test_the_lexicon_is_large() -> None:
    assert len(set(lemmas())) >= 1500
    assert len({noun.fr for nouns in NOUNS.values() for noun in nouns}) >= 850
    assert len({(verb.fr, verb.tail) for verb in (*TRANSITIVE, *PLAIN, *OF_THINGS)}) >= 200
    assert len({one.forms for one in ADJECTIVES}) >= 220
    assert len(PHRASES) >= 120


def test_no_word_is_listed_twice_with_another_meaning() -> None:
    nouns = defaultdict(set)
    for of_kind in NOUNS.values():
        assert max(Counter(noun.en for noun in of_kind).values()) == 1
        for noun in of_kind:
            nouns[noun.en].add((noun.fr, noun.frs, noun.feminine))
    assert [en for en, french in nouns.items() if len(french) > 1] == []
    assert max(Counter(one.en for one in ADJECTIVES).values()) == 1
    assert max(Counter(en for en, _ in PHRASES).values()) == 1
    verbs = Counter(verb.en for verb in TRANSITIVE)
    # Football and the piano are played in two ways.
    assert [en for en, count in verbs.items() if count > 1] == ["play"]


def test_a_sentence_has_one_translation() -> None:
    known = dict(PHRASES)
    for en, fr in sentences(20_000):
        assert known.setdefault(en, fr) == fr


def test_every_noun_and_adjective_occurs() -> None:
    told = " ".join(fr for _, fr in sentences(60_000))
    missing = [
        noun.fr
        for nouns in NOUNS.values()
        for noun in nouns
        if noun.fr not in told and noun.frs not in told
    ]
    assert len(missing) <= 3, missing
    assert [one.en for one in ADJECTIVES if not any(form in told for form in one.forms)] == []


def test_nothing_is_left_to_elide_or_contract() -> None:
    told = "\n".join(fr for _, fr in sentences(20_000))

    assert not re.search(r"\b(de les?|à les?) (?!\w+ (pas|plus|jamais)\b)", told)
    assert not re.search(r"\b([Jj]e|ne|de|que|se|me|le|la) [aeiouéèêâîôû](?!nze\b)", told)
    assert not re.search(r"\b(ma|ta|sa) (?!onze)[aeiouéèêâîôû]", told)
    assert "  " not in told


def test_sentences_are_of_a_readable_length() -> None:
    counts = [len(en.split()) for en, _ in sentences(3000)]

    assert max(counts) <= 17
    assert 5 < sum(counts) / len(counts) < 9


@pytest.mark.parametrize(
    ("plain", "right"),
    [
        ("je habite près de le hôtel", "j'habite près de l'hôtel"),
        ("le haricot et la huître", "le haricot et l'huître"),
        ("beaucoup de haricots", "beaucoup de haricots"),
        ("beaucoup de hiboux", "beaucoup de hiboux"),
        ("beaucoup de herbe", "beaucoup d'herbe"),
        ("en haut de la harpe", "en haut de la harpe"),
        ("il vient de la Hongrie", "il vient de la Hongrie"),
        ("la herbe de le jardin", "l'herbe du jardin"),
        ("le héros parle à les hommes", "le héros parle aux hommes"),
        ("si il pleut", "s'il pleut"),
        ("si elle dort", "si elle dort"),
        ("de le eau", "de l'eau"),
        ("elle joue à le football", "elle joue au football"),
        ("elle joue à les échecs", "elle joue aux échecs"),
        ("je le ai vu", "je l'ai vu"),
        ("le onze mai", "le onze mai"),
        ("le yaourt", "le yaourt"),
    ],
)
def test_elision_and_contraction(plain: str, right: str) -> None:
    assert tidy(plain) == right


@pytest.mark.parametrize(
    ("en", "right"),
    [
        ("horse", "chevaux"), ("bird", "oiseaux"), ("jewel", "bijoux"), ("knee", "genoux"),
        ("nail", "clous"), ("owl", "hiboux"), ("eye", "yeux"), ("gentleman", "messieurs"),
        ("festival", "festivals"), ("newspaper", "journaux"), ("nephew", "neveux"), ("nose", "nez"),
        ("grandson", "petits-fils"), ("grandmother", "grand-mères"), ("skyscraper", "gratte-ciel"),
        ("grandfather", "grands-pères"), ("cauliflower", "choux-fleurs"), ("neck", "cous"),
        ("potato", "pommes de terre"), ("fairy tale", "contes de fées"), ("bone", "os"),
        ("cartoon", "dessins animés"), ("swimsuit", "maillots de bain"), ("hospital", "hôpitaux"),
    ],
)  # fmt: skip
def test_plurals(en: str, right: str) -> None:
    assert NOUN[en].frs == right


@pytest.mark.parametrize(
    ("determiner", "word", "noun", "many", "right"),
    [
        ("my", "", "friend", False, "mon ami"),
        ("my", "", "school", False, "mon école"),
        ("her", "", "axe", False, "sa hache"),
        ("his", "", "oyster", False, "son huître"),
        ("my", "small", "school", False, "ma petite école"),
        ("this", "", "man", False, "cet homme"),
        ("this", "", "hero", False, "ce héros"),
        ("that", "", "church", False, "cette église"),
        ("this", "", "tree", True, "ces arbres"),
        ("a", "beautiful", "tree", False, "un bel arbre"),
        ("a", "new", "hotel", False, "un nouvel hôtel"),
        ("the", "old", "man", False, "le vieil homme"),
        ("the", "old", "woman", False, "la vieille femme"),
        ("the", "beautiful", "hero", False, "le beau héros"),
        ("the", "old", "tree", True, "les vieux arbres"),
        ("the", "new", "car", True, "les nouvelles voitures"),
        ("the", "white", "shirt", False, "la chemise blanche"),
        ("the", "national", "newspaper", True, "les journaux nationaux"),
        ("the", "proud", "nurse", False, "l'infirmière fière"),
        ("all the", "", "apple", True, "toutes les pommes"),
        ("partitive", "", "water", False, "de l'eau"),
        ("partitive", "fresh", "bread", False, "du pain frais"),
        ("partitive", "good", "jam", False, "de la bonne confiture"),
        ("each", "", "holiday", False, "chaque jour férié"),
    ],
)
def test_determiners_and_adjectives(
    determiner: str, word: str, noun: str, many: bool, right: str
) -> None:
    what = NOUN[noun]
    en, fr = (what.ens, what.frs) if many else (what.en, what.fr)
    if word:
        en, fr = with_adjective(adjective(word), en, fr, feminine=what.feminine, many=many)

    _, french = with_determiner(determiner, en, fr, feminine=what.feminine, many=many)

    assert tidy(french) == right


def sentence_pair(
    who: str, verb: str, form: Form, rest: tuple[str, str] = ("", "")
) -> tuple[str, str]:
    subject = WHO[who]
    fr = french_verb_phrase(BY_ENGLISH[verb], form, subject)
    english = f"{english_verb(BY_ENGLISH[verb], form, subject)} {rest[0]}".strip()
    return finish_sentence(english, f"{subject.fr} {fr} {rest[1]}".strip())


@pytest.mark.parametrize(
    ("who", "verb", "form", "en", "fr"),
    [
        ("I", "live", Form("present"), "I live.", "J'habite."),
        ("she", "come back", Form("past"), "She came back.", "Elle est revenue."),
        ("they", "go out", Form("past", "pas"), "They did not go out.", "Ils ne sont pas sortis."),
        ("my sisters", "fall", Form("past"), "My sisters fell.", "Mes sœurs sont tombées."),
        ("we", "arrive", Form("past"), "We arrived.", "Nous sommes arrivés."),
        ("I", "get up", Form("present"), "I get up.", "Je me lève."),
        ("I", "get dressed", Form("present"), "I get dressed.", "Je m'habille."),
        ("she", "get up", Form("past"), "She got up.", "Elle s'est levée."),
        ("we", "get up", Form("future"), "We will get up.", "Nous nous lèverons."),
        ("we", "rest", Form("past", "pas"), "We did not rest.", "Nous ne nous sommes pas reposés."),
        ("I", "go to bed", Form("going"), "I am going to go to bed.", "Je vais me coucher."),
        ("you", "sit down", Form("must"), "You must sit down.", "Vous devez vous asseoir."),
        ("he", "sleep", Form("present", "plus"), "He no longer sleeps.", "Il ne dort plus."),
        ("I", "swim", Form("perfect", "jamais"), "I have never swum.", "Je n'ai jamais nagé."),
        ("we", "eat", Form("was doing"), "We were eating.", "Nous mangions."),
        ("he", "eat", Form("was doing"), "He was eating.", "Il mangeait."),
        ("we", "eat", Form("progressive"), "We are eating.", "Nous mangeons."),
        ("she", "study", Form("used to"), "She used to study.", "Elle étudiait."),
        ("they", "come", Form("conditional"), "They would come.", "Ils viendraient."),
        ("I", "drive", Form("can", "pas"), "I cannot drive.", "Je ne peux pas conduire."),
        ("he", "work", Form("should"), "He should work.", "Il devrait travailler."),
        ("we", "leave", Form("would like"), "We would like to leave.", "Nous voudrions partir."),
        ("he", "run", Form("future"), "He will run.", "Il courra."),
        ("Anna", "laugh", Form("present", adverb=("often", "souvent")), "Anna often laughs.",
         "Anna rit souvent."),
        ("she", "do the dishes", Form("past"), "She did the dishes.", "Elle a fait la vaisselle."),
    ],
)  # fmt: skip
def test_tenses(who: str, verb: str, form: Form, en: str, fr: str) -> None:
    assert sentence_pair(who, verb, form) == (en, fr)


@pytest.mark.parametrize(
    ("infinitive", "tense", "person", "right"),
    [
        ("commencer", "present", 3, "commençons"), ("commencer", "imperfect", 0, "commençais"),
        ("commencer", "imperfect", 3, "commencions"), ("jeter", "present", 2, "jette"),
        ("préférer", "present", 0, "préfère"), ("préférer", "future", 0, "préférerai"),
        ("appeler", "future", 4, "appellerez"), ("acheter", "conditional", 2, "achèterait"),
        ("nettoyer", "present", 5, "nettoient"), ("envoyer", "future", 2, "enverra"),
        ("être", "imperfect", 3, "étions"), ("faire", "present", 4, "faites"),
        ("voir", "future", 0, "verrai"), ("choisir", "imperfect", 5, "choisissaient"),
        ("peindre", "present", 3, "peignons"), ("traduire", "present", 5, "traduisent"),
        ("découvrir", "present", 0, "découvre"), ("comprendre", "present", 5, "comprennent"),
        ("devoir", "conditional", 0, "devrais"), ("savoir", "command", 4, "sachez"),
        ("reconnaître", "present", 2, "reconnaît"), ("décrire", "imperfect", 2, "décrivait"),
        ("tenir", "future", 3, "tiendrons"), ("étudier", "imperfect", 3, "étudiions"),
        ("essayer", "present", 0, "essaie"), ("cueillir", "future", 5, "cueilleront"),
        ("sourire", "present", 5, "sourient"), ("déplacer", "present", 3, "déplaçons"),
        ("résoudre", "present", 3, "résolvons"), ("interrompre", "present", 2, "interrompt"),
        ("promener", "present", 2, "promène"), ("ennuyer", "present", 2, "ennuie"),
        ("créer", "present", 0, "crée"), ("espérer", "present", 0, "espère"),
    ],
)  # fmt: skip
def test_conjugation(infinitive: str, tense: str, person: int, right: str) -> None:
    assert conjugate(infinitive, tense, person) == right


@pytest.mark.parametrize(
    ("infinitive", "participle"),
    [("ouvrir", "ouvert"), ("offrir", "offert"), ("lire", "lu"), ("écrire", "écrit"),
     ("prendre", "pris"), ("mettre", "mis"), ("suivre", "suivi"), ("éteindre", "éteint"),
     ("recevoir", "reçu"), ("perdre", "perdu"), ("obéir", "obéi"), ("croire", "cru")],
)  # fmt: skip
def test_participles(infinitive: str, participle: str) -> None:
    assert french_verb(infinitive)[1] == participle


def test_a_pronoun_before_the_verb_and_its_agreement() -> None:
    see, i = BY_ENGLISH["see"], WHO["I"]

    def french(form: Form, pronoun: str, *, feminine: bool = False, many: bool = False) -> str:
        phrase = french_verb_phrase(see, form, i, pronoun=pronoun, agrees=(feminine, many))
        return tidy(f"je {phrase}")

    assert french(Form("present"), "le") == "je le vois"
    assert french(Form("past"), "la", feminine=True) == "je l'ai vue"
    assert french(Form("past", "pas"), "les", many=True) == "je ne les ai pas vus"
    assert french(Form("going"), "le") == "je vais le voir"
    assert french(Form("can", "pas"), "la", feminine=True) == "je ne peux pas la voir"


def test_countries_have_their_prepositions() -> None:
    places = dict(country_place(noun) for noun in COUNTRIES)

    assert places["in France"] == "en France"
    assert places["in Japan"] == "au Japon"
    assert places["in the United States"] == "aux États-Unis"
    assert tidy("de le Japon") == "du Japon"


@pytest.mark.parametrize(
    ("en", "comparative", "superlative"),
    [("big", "bigger", "biggest"), ("happy", "happier", "happiest"), ("nice", "nicer", "nicest"),
     ("good", "better", "best"), ("expensive", "more expensive", "most expensive"),
     ("clean", "cleaner", "cleanest"), ("fast", "faster", "fastest"), ("hard", "harder", "hardest"),
     ("useful", "more useful", "most useful"), ("narrow", "narrower", "narrowest")],
)  # fmt: skip
def test_english_comparatives(en: str, comparative: str, superlative: str) -> None:
    assert comparative_and_superlative(en) == (comparative, superlative)


def test_english_articles() -> None:
    nouns = ("apple", "uniform", "honest man", "European", "honey")

    assert [with_article(noun) for noun in nouns] == [
        "an apple", "a uniform", "an honest man", "a European", "a honey",
    ]  # fmt: skip


def test_an_indefinite_plural_before_its_adjective_is_de() -> None:
    told = [fr for _, fr in sentences(20_000)]

    assert any(" de petites " in fr or " de beaux " in fr or " de vieux " in fr for fr in told)


def test_short_forms_mean_the_same_sentence() -> None:
    short = {shorten(random.Random(index), "I do not know where it is.") for index in range(40)}

    assert short == {"I do not know where it is.", "I don't know where it is."}


def test_the_split_does_not_depend_on_the_short_form() -> None:
    for index in range(200):
        made = document(random.Random(index), Split.HELD_OUT)
        assert is_held_out(made.key)
        assert "n't" not in made.key


def test_weather_keeps_its_tense() -> None:
    told = [finish_sentence(*states.weather(random.Random(index))) for index in range(400)]

    assert ("It is raining.", "Il pleut.") in told
    cold = [fr for en, fr in told if en.startswith("It was cold")]
    sunny = [fr for en, fr in told if en.startswith("It will be sunny")]
    assert cold
    assert all(fr.startswith("Il faisait froid") for fr in cold)
    assert sunny
    assert all(fr.startswith("Il y aura du soleil") for fr in sunny)


@pytest.mark.parametrize(
    ("plain", "right"),
    [
        ("je aime le hôtel", "j'aime l'hôtel"),
        ("près de la mer", "près de la mer"),
        ("près de le lac", "près du lac"),
        ("loin de un arbre", "loin d'un arbre"),
        ("à côté de le hôpital", "à côté de l'hôpital"),
        ("à le marché", "au marché"),
        ("il ne a pas de amis", "il n'a pas d'amis"),
        ("parce que elle dort", "parce qu'elle dort"),
    ],
)
def test_french_elides_and_contracts(plain: str, right: str) -> None:
    assert tidy(plain) == right


def test_french_forms() -> None:
    assert french_verb("manger")[0][3] == "mangeons"
    assert french_verb("acheter") == (
        ("achète", "achètes", "achète", "achetons", "achetez", "achètent"),
        "acheté",
        "achèter",
    )
    plurals = {noun.en: noun.frs for nouns in NOUNS.values() for noun in nouns}
    assert plurals["horse"] == "chevaux"
    assert plurals["bird"] == "oiseaux"
    assert plurals["potato"] == "pommes de terre"
    assert plurals["mouse"] == "souris"
