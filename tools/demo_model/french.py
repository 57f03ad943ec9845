"""French and English words with their forms: what the translation grammar picks from."""

from dataclasses import dataclass

VOWELS = "aeiouyâàéèêëîïôûùœhAEIOUYÉÈÊÎÔÀŒH"
ASPIRATED = ("haut", "haute", "hauts", "hautes", "héros", "huit", "hibou", "onze", "hockey")


@dataclass(frozen=True)
class Noun:
    """A noun of both languages; ``kind`` says what may be done with it."""

    en: str
    ens: str
    fr: str
    frs: str
    feminine: bool
    kind: str


_IRREGULAR = {"man": "men", "woman": "women", "child": "children", "knife": "knives",
              "mouse": "mice", "sheep": "sheep", "fish": "fish", "wife": "wives",
              "leaf": "leaves", "shelf": "shelves", "tooth": "teeth", "foot": "feet",
              "policeman": "policemen", "scarf": "scarves", "wolf": "wolves"}  # fmt: skip


def _english_plural(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("s", "x", "ch", "sh")) or word in ("potato", "tomato"):
        return f"{word}es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def _french_plural(word: str) -> str:
    first, _, rest = word.partition(" ")
    if rest:
        return f"{_french_plural(first)} {rest}"
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith(("eau", "eu", "ou")) and word not in ("pneu", "trou", "cou", "clou"):
        return f"{word}x"
    if word.endswith("al") and word != "festival":
        return f"{word[:-2]}aux"
    return f"{word}s"


_NOUNS = {
    "person": """
brother frère m|sister sœur f|mother mère f|father père m|son fils m|daughter fille f|friend ami m
uncle oncle m|aunt tante f|cousin cousin m|grandmother grand-mère f|grandfather grand-père m
teacher professeur m|doctor médecin m|nurse infirmière f|baker boulanger m|neighbour voisin m
boy garçon m|girl fille f|man homme m|woman femme f|child enfant m|baby bébé m|student étudiant m
lawyer avocat m|cook cuisinier m|driver chauffeur m|farmer fermier m|singer chanteur m|king roi m
queen reine f|painter peintre m|writer écrivain m|engineer ingénieur m|waiter serveur m
policeman policier m|husband mari m|wife femme f|boss patron m|tourist touriste m|actor acteur m
gardener jardinier m|director directeur m|player joueur m|guest invité m|sailor marin m
""",
    "animal": """
dog chien m|cat chat m|horse cheval m|bird oiseau m|cow vache f|mouse souris f|rabbit lapin m
sheep mouton m|duck canard m|wolf loup m|bear ours m|lion lion m|goat chèvre f|snake serpent m
""",
    "food": """
apple pomme f|orange orange f|cake gâteau m|egg œuf m|potato pomme de terre f|tomato tomate f
carrot carotte f|lemon citron m|pear poire f|sandwich sandwich m|pizza pizza f|salad salade f
banana banane f|strawberry fraise f|soup soupe f|biscuit biscuit m|pie tarte f|onion oignon m
""",
    "drink": """
coffee café m|tea thé m|beer bière f|juice jus m|glass of water verre d'eau m
cup of tea tasse de thé f|glass of wine verre de vin m|bottle of milk bouteille de lait f
""",
    "read": """
book livre m|newspaper journal m|letter lettre f|poem poème m|novel roman m|magazine magazine m
message message m|article article m|story histoire f|report rapport m|postcard carte postale f
""",
    "place": """
house maison f|garden jardin m|kitchen cuisine f|school école f|station gare f|shop magasin m
hotel hôtel m|restaurant restaurant m|museum musée m|church église f|library bibliothèque f
hospital hôpital m|bank banque f|market marché m|park parc m|village village m
city ville f|forest forêt f|castle château m|theatre théâtre m|cinema cinéma m
office bureau m|airport aéroport m|bakery boulangerie f
pharmacy pharmacie f|swimming pool piscine f|farm ferme f|factory usine f
room chambre f|flat appartement m|university université f|bookshop librairie f|café café m
""",
    "nature": """
sea mer f|river rivière f|mountain montagne f|lake lac m|tree arbre m|field champ m|hill colline f
street rue f|beach plage f|bridge pont m|square place f|island île f|wood bois m|coast côte f|road route f|path chemin m|wall mur m
""",
    "object": """
table table f|chair chaise f|lamp lampe f|key clé f|bag sac m|box boîte f|phone téléphone m
computer ordinateur m|watch montre f|knife couteau m|plate assiette f|cup tasse f|bottle bouteille f
bed lit m|mirror miroir m|picture tableau m|photo photo f|pen stylo m|pencil crayon m|clock horloge f
flower fleur f|gift cadeau m|suitcase valise f|umbrella parapluie m|ticket billet m|map carte f
ball ballon m|toy jouet m|guitar guitare f|piano piano m|camera appareil photo m|radio radio f
basket panier m|candle bougie f|ring bague f|screen écran m|notebook cahier m|spoon cuillère f
""",
    "open": """
door porte f|window fenêtre f|suitcase valise f|box boîte f|bottle bouteille f|drawer tiroir m
shop magasin m|gate portail m|letter lettre f|gift cadeau m
""",
    "wear": """
shirt chemise f|dress robe f|coat manteau m|hat chapeau m|jacket veste f|scarf écharpe f|skirt jupe f
sweater pull m|shoe chaussure f|glove gant m|cap casquette f|raincoat imperméable m
""",
    "vehicle": """
car voiture f|bicycle vélo m|train train m|bus bus m|boat bateau m|plane avion m|lorry camion m
taxi taxi m|motorbike moto f
""",
    "watch": """
film film m|match match m|programme émission f|sunset coucher de soleil m|show spectacle m
""",
    "listen": """
song chanson f|concert concert m|radio radio f|story histoire f|record disque m
""",
    "learn": """
song chanson f|poem poème m|lesson leçon f|language langue f|dance danse f
""",
}  # fmt: skip


def _noun(line: str, kind: str) -> Noun:
    words, gender = line.rsplit(" ", 1)
    # Longest English part first: entries of several English words are listed here.
    for count in (3, 2, 1):
        en = " ".join(words.split()[:count])
        if count == 1 or en in ("swimming pool", "glass of water", "cup of tea", "glass of wine",
                                "bottle of milk"):  # fmt: skip
            break
    fr = words[len(en) + 1 :]
    first, _, rest = en.partition(" of ")
    ens = f"{_english_plural(first)} of {rest}" if rest else _english_plural(en)
    return Noun(en, ens, fr, _french_plural(fr), gender == "f", kind)


NOUNS: dict[str, list[Noun]] = {
    kind: [_noun(line.strip(), kind) for line in text.strip().replace("\n", "|").split("|")]
    for kind, text in _NOUNS.items()
}


@dataclass(frozen=True)
class Adjective:
    """Masculine, feminine and their plurals; ``before`` the noun or after it."""

    en: str
    forms: tuple[str, str, str, str]
    before: bool
    by_vowel: str = ""


def _adjective(line: str) -> Adjective:
    en, forms, *rest = line.split("|")
    m, _, f = forms.partition("/")
    f = f or (m if m.endswith("e") else f"{m}e")
    ms = m if m[-1] in "sx" else (f"{m}x" if m.endswith("eau") else f"{m}s")
    return Adjective(en, (m, f, ms, f"{f}s"), "b" in rest, rest[1] if len(rest) > 1 else "")


ADJECTIVES = [
    _adjective(line)
    for line in """
small|petit|b
little|petit|b
big|grand|b
large|grand|b
beautiful|beau/belle|b|bel
old|vieux/vieille|b|vieil
new|nouveau/nouvelle|b|nouvel
young|jeune|b
pretty|joli|b
good|bon/bonne|b
bad|mauvais|b
red|rouge
blue|bleu
green|vert
black|noir
white|blanc/blanche
yellow|jaune
grey|gris
brown|brun
expensive|cher/chère
cheap|bon marché/bon marché
heavy|lourd
light|léger/légère
clean|propre
dirty|sale
empty|vide
full|plein
broken|cassé
interesting|intéressant
important|important
strange|étrange
famous|célèbre
quiet|tranquille
modern|moderne
warm|chaud
cold|froid
round|rond
wooden|en bois/en bois
French|français
English|anglais
Italian|italien/italienne
German|allemand
dangerous|dangereux/dangereuse
wonderful|merveilleux/merveilleuse
simple|simple
difficult|difficile
easy|facile
""".strip().splitlines()
    if "bon marché" not in line and "en bois" not in line
]
# What an adjective may be said of; those not named may be said of anything.
SAID_OF = {
    "young": ("person", "animal"),
    "expensive": ("food", "drink", "object", "place", "read", "wear", "vehicle"),
    "cheap": ("food", "drink", "object", "place", "wear", "vehicle"),
    "heavy": ("object", "open", "wear", "vehicle"),
    "light": ("object", "wear", "open"),
    "clean": ("object", "place", "wear", "vehicle", "open"),
    "dirty": ("object", "place", "wear", "vehicle", "open"),
    "empty": ("place", "vehicle", "open"),
    "full": ("place", "vehicle", "open"),
    "broken": ("object", "open", "vehicle"),
    "interesting": ("read", "watch", "listen", "learn", "place"),
    "important": ("read", "learn", "person"),
    "strange": ("person", "animal", "read", "place", "object", "watch", "listen"),
    "famous": ("person", "place", "read", "listen", "watch", "nature"),
    "quiet": ("place", "nature"),
    "modern": ("place", "object", "vehicle", "learn"),
    "warm": ("food", "drink", "wear", "place"),
    "cold": ("food", "drink", "place", "nature"),
    "round": ("object", "open"),
    "dangerous": ("animal", "nature", "vehicle"),
    "simple": ("read", "learn", "object", "wear"),
    "difficult": ("read", "learn"),
    "easy": ("read", "learn"),
    **dict.fromkeys(
        ("red", "blue", "green", "black", "white", "yellow", "grey", "brown"),
        ("food", "object", "open", "wear", "vehicle", "place"),
    ),
    **dict.fromkeys(
        ("French", "English", "Italian", "German"),
        ("person", "food", "read", "watch", "listen", "learn", "vehicle", "place", "wear"),
    ),
    "good": ("food", "drink", "read", "watch", "listen", "learn", "person", "place"),
    "bad": ("food", "drink", "read", "watch", "listen", "person", "place"),
    "little": ("person", "animal", "object", "place", "open", "vehicle", "wear"),
    "large": ("place", "object", "open", "nature"),
    "wonderful": ("place", "nature", "food", "read", "watch", "listen"),
}  # fmt: skip
MOODS = [
    _adjective(line)
    for line in """
happy|heureux/heureuse
sad|triste
tired|fatigué
ill|malade
rich|riche
poor|pauvre
kind|gentil/gentille
tall|grand
strong|fort
angry|fâché
ready|prêt
late|en retard/en retard
nervous|nerveux/nerveuse
clever|intelligent
busy|occupé
alone|seul
proud|fier/fière
patient|patient
polite|poli
lazy|paresseux/paresseuse
serious|sérieux/sérieuse
calm|calme
""".strip().splitlines()
    if "en retard" not in line
]


@dataclass(frozen=True)
class Verb:
    """A verb of both languages. ``objects`` are the kinds of nouns that it takes.

    French: infinitive, the six forms of the present, past participle, future stem.
    """

    en: str
    third: str
    past: str
    ing: str
    fr: str
    present: tuple[str, ...]
    participle: str
    future: str
    objects: tuple[str, ...]
    etre: bool = False


def _er(infinitive: str) -> tuple[tuple[str, ...], str, str]:
    """Present, participle and future stem of a verb in -er, its spelling changes included."""
    stem = infinitive[:-2]
    soft = stem + "e" if stem.endswith("g") else stem[:-1] + "ç" if stem.endswith("c") else stem
    strong, future = stem, infinitive
    if infinitive in ("acheter", "amener"):
        strong = stem[:-2] + "è" + stem[-1]
        future = f"{strong}er"
    elif infinitive == "appeler":
        strong, future = "appell", "appeller"
    elif infinitive == "préparer":
        strong = stem
    elif infinitive.endswith("oyer"):
        strong = f"{stem[:-1]}i"
        future = "enverr" if infinitive == "envoyer" else f"{strong}er"
    forms = (f"{strong}e", f"{strong}es", f"{strong}e", f"{soft}ons", f"{stem}ez", f"{strong}ent")
    return forms, f"{stem}é", future


_IRREGULAR_VERBS = {
    "boire": ("bois bois boit buvons buvez boivent", "bu", "boir"),
    "voir": ("vois vois voit voyons voyez voient", "vu", "verr"),
    "lire": ("lis lis lit lisons lisez lisent", "lu", "lir"),
    "écrire": ("écris écris écrit écrivons écrivez écrivent", "écrit", "écrir"),
    "ouvrir": ("ouvre ouvres ouvre ouvrons ouvrez ouvrent", "ouvert", "ouvrir"),
    "perdre": ("perds perds perd perdons perdez perdent", "perdu", "perdr"),
    "vendre": ("vends vends vend vendons vendez vendent", "vendu", "vendr"),
    "attendre": ("attends attends attend attendons attendez attendent", "attendu", "attendr"),
    "prendre": ("prends prends prend prenons prenez prennent", "pris", "prendr"),
    "construire": (
        "construis construis construit construisons construisez construisent", "construit",
        "construir",
    ),
    "conduire": ("conduis conduis conduit conduisons conduisez conduisent", "conduit", "conduir"),
    "connaître": ("connais connais connaît connaissons connaissez connaissent", "connu", "connaîtr"),
    "apprendre": ("apprends apprends apprend apprenons apprenez apprennent", "appris", "apprendr"),
    "choisir": ("choisis choisis choisit choisissons choisissez choisissent", "choisi", "choisir"),
    "finir": ("finis finis finit finissons finissez finissent", "fini", "finir"),
    "recevoir": ("reçois reçois reçoit recevons recevez reçoivent", "reçu", "recevr"),
    "avoir": ("ai as a avons avez ont", "eu", "aur"),
    "dormir": ("dors dors dort dormons dormez dorment", "dormi", "dormir"),
    "courir": ("cours cours court courons courez courent", "couru", "courr"),
    "rire": ("ris ris rit rions riez rient", "ri", "rir"),
    "partir": ("pars pars part partons partez partent", "parti", "partir"),
    "venir": ("viens viens vient venons venez viennent", "venu", "viendr"),
    "aller": ("vais vas va allons allez vont", "allé", "ir"),
    "faire": ("fais fais fait faisons faites font", "fait", "fer"),
    "vouloir": ("veux veux veut voulons voulez veulent", "voulu", "voudr"),
    "pouvoir": ("peux peux peut pouvons pouvez peuvent", "pu", "pourr"),
    "devoir": ("dois dois doit devons devez doivent", "dû", "devr"),
    "être": ("suis es est sommes êtes sont", "été", "ser"),
    "répondre": ("réponds réponds répond répondons répondez répondent", "répondu", "répondr"),
}  # fmt: skip


def french_verb(infinitive: str) -> tuple[tuple[str, ...], str, str]:
    """Present, participle, future stem."""
    if infinitive in _IRREGULAR_VERBS:
        present, participle, future = _IRREGULAR_VERBS[infinitive]
        return tuple(present.split()), participle, future
    return _er(infinitive)


def _verb(line: str) -> Verb:
    english, fr, objects, *rest = line.split("|")
    en, past, *ing = english.split("/")
    head, _, tail = en.partition(" ")
    third = "has" if en == "have" else (
        f"{head}es" if head.endswith(("s", "sh", "ch", "o"))
        else f"{head[:-1]}ies" if head.endswith("y") and head[-2] not in "aeiou"
        else f"{head}s"
    )  # fmt: skip
    stem = head[:-1] if head.endswith("e") and not head.endswith("ee") else head
    progressive = ing[0] if ing else f"{stem}ing"
    also = f" {tail}" if tail else ""
    present, participle, future = french_verb(fr)
    return Verb(
        en, third + also, past + also, progressive + also, fr, present, participle, future,
        tuple(objects.split()), bool(rest),
    )  # fmt: skip


VERBS = [
    _verb(line)
    for line in """
eat/ate|manger|food
drink/drank|boire|drink
buy/bought|acheter|food object wear vehicle read
see/saw|voir|person animal place vehicle nature
read/read|lire|read
write/wrote|écrire|read
open/opened|ouvrir|open
close/closed|fermer|open
find/found|trouver|object animal read
look for/looked|chercher|object person animal place
lose/lost/losing|perdre|object wear
sell/sold|vendre|vehicle object food
like/liked|aimer|food animal place read
watch/watched|regarder|watch person animal
listen to/listened|écouter|listen
wait for/waited|attendre|person vehicle
take/took|prendre|object vehicle
bring/brought|apporter|food drink object
wear/wore|porter|wear
wash/washed|laver|wear vehicle object
clean/cleaned|nettoyer|place object
prepare/prepared|préparer|food drink
build/built|construire|place
draw/drew|dessiner|animal object nature
know/knew|connaître|person place
help/helped|aider|person
visit/visited|visiter|place
meet/met/meeting|rencontrer|person
call/called|appeler|person vehicle
invite/invited|inviter|person
learn/learned|apprendre|learn
study/studied|étudier|learn
drive/drove|conduire|vehicle
repair/repaired|réparer|vehicle object
forget/forgot/forgetting|oublier|object person
choose/chose|choisir|food object wear
finish/finished|finir|read
receive/received|recevoir|read
send/sent|envoyer|read
show/showed|montrer|object read
break/broke|casser|object
carry/carried|porter|object
have/had|avoir|object animal vehicle wear
rent/rented|louer|vehicle place
pay for/paid|payer|food drink
sing/sang|chanter|listen
borrow/borrowed|emprunter|object read
""".strip().splitlines()
    if "payer" not in line
]
# Without an object; what may follow is a place or a time.
PLAIN_VERBS = [
    _verb(line)
    for line in """
sleep/slept|dormir|
work/worked|travailler|
live/lived|habiter|
walk/walked|marcher|
run/ran/running|courir|
swim/swam/swimming|nager|
sing/sang|chanter|
dance/danced|danser|
laugh/laughed|rire|
cry/cried|pleurer|
play/played|jouer|
arrive/arrived|arriver||e
leave/left|partir||e
stay/stayed|rester||e
eat/ate|manger|
wait/waited|attendre|
study/studied|étudier|
read/read|lire|
""".strip().splitlines()
]
GO = _verb("go/went|aller||e")

PHRASES = [
    (line.split("|")[0], line.split("|")[1])
    for line in """
Hello!|Bonjour !
Good evening.|Bonsoir.
Good night.|Bonne nuit.
Goodbye!|Au revoir !
See you tomorrow!|À demain !
See you soon!|À bientôt !
Thank you very much.|Merci beaucoup.
You are welcome.|De rien.
Excuse me, please.|Excusez-moi, s'il vous plaît.
I am sorry.|Je suis désolé.
How are you?|Comment allez-vous ?
I am very well, thank you.|Je vais très bien, merci.
What is your name?|Comment vous appelez-vous ?
What time is it?|Quelle heure est-il ?
I do not understand.|Je ne comprends pas.
I do not know.|Je ne sais pas.
Can you help me, please?|Pouvez-vous m'aider, s'il vous plaît ?
Do you speak English?|Parlez-vous anglais ?
I speak a little French.|Je parle un peu français.
Please speak slowly.|Parlez lentement, s'il vous plaît.
It is raining.|Il pleut.
It is snowing.|Il neige.
It is cold today.|Il fait froid aujourd'hui.
It is hot today.|Il fait chaud aujourd'hui.
The weather is nice.|Il fait beau.
I am hungry.|J'ai faim.
I am thirsty.|J'ai soif.
We are hungry.|Nous avons faim.
She is thirsty.|Elle a soif.
Happy birthday!|Bon anniversaire !
Good luck!|Bonne chance !
Have a good trip!|Bon voyage !
Enjoy your meal!|Bon appétit !
Congratulations!|Félicitations !
The bill, please.|L'addition, s'il vous plaît.
I am lost.|Je suis perdu.
Where are you from?|D'où venez-vous ?
Where do you live?|Où habitez-vous ?
How old are you?|Quel âge avez-vous ?
What day is it today?|Quel jour sommes-nous ?
It does not matter.|Ce n'est pas grave.
It is too late.|Il est trop tard.
Of course.|Bien sûr.
I agree with you.|Je suis d'accord avec vous.
That is a good idea.|C'est une bonne idée.
Welcome to France!|Bienvenue en France !
I love you.|Je t'aime.
Everything is fine.|Tout va bien.
Be careful!|Faites attention !
Come in, please.|Entrez, s'il vous plaît.
Sit down, please.|Asseyez-vous, s'il vous plaît.
""".strip().splitlines()
]
