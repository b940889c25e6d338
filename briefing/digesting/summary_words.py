"""Words that checking a summary goes by, for each language that summaries are made in. Values only.

A language is here with both lists or not at all: without number words a wrong figure would pass, without small words
hardly a sentence would.
"""

from __future__ import annotations

#: Words that are numbers, in the forms in which news has them.
NUMBERS: dict[str, frozenset[str]] = {
    "en": frozenset(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand "
        "thousands million millions billion billions trillion trillions dozen dozens half halves third thirds quarter "
        "quarters once twice double doubled triple tripled first second fourth fifth sixth seventh eighth ninth tenth "
        "twentieth percent".split()
    ),
    "de": frozenset(
        "null ein eins eine einen einem einer eines zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn "
        "vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig "
        "neunzig hundert hunderte tausend tausende million millionen milliarde milliarden dutzend hälfte halb halbe "
        "halben drittel viertel doppelt zweimal dreimal erste ersten erster zweite zweiten dritte dritten vierte "
        "vierten fünfte fünften prozent".split()
    ),
    "fr": frozenset(
        "zéro un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt "
        "vingts trente quarante cinquante soixante cent cents mille million millions milliard milliards douzaine "
        "dizaine dizaines centaine centaines millier milliers moitié demi demie tiers quart double triple premier "
        "première second seconde deuxième troisième quatrième cinquième".split()
    ),
    "es": frozenset(
        "cero un uno una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
        "diecisiete dieciocho diecinueve veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento "
        "cientos doscientos trescientos quinientos mil miles millón millones docena docenas mitad medio media tercio "
        "cuarto doble triple primer primero primera segundo segunda tercer tercero tercera cuarta quinto".split()
    ),
    "uk": frozenset(
        "нуль один одна одне одного одної одній одному два дві двох двом двома три трьох трьом трьома чотири чотирьох "
        "чотирьом п'ять п'яти п'ятьох шість шести шістьох сім семи сімох вісім восьми вісьмох дев'ять дев'яти десять "
        "десяти десятьох одинадцять дванадцять дванадцяти тринадцять чотирнадцять п'ятнадцять п'ятнадцяти шістнадцять "
        "сімнадцять вісімнадцять дев'ятнадцять двадцять двадцяти тридцять тридцяти сорок сорока п'ятдесят п'ятдесяти "
        "шістдесят сімдесят вісімдесят дев'яносто сто ста двісті двохсот триста трьохсот чотириста п'ятсот тисяча "
        "тисячі тисяч тисячу мільйон мільйони мільйонів мільйона мільярд мільярди мільярдів половина половину пів "
        "півтора третина третину чверть вдвічі втричі двічі тричі перший перша перше першого першу другий друга друге "
        "другого другу третій третя третє третього десятки десятків сотні сотень відсоток відсотки відсотків".split()
    ),
}

#: Words that a sentence may begin with, or follow a number with, though the article has them nowhere.
SMALL: dict[str, frozenset[str]] = {
    "en": frozenset(
        "a about according after all also although among an and are around as at because been before but by during "
        "for from had has have he her his however if in into is it its meanwhile more no not of on or over she since "
        "so some than that the their there these they this those through to under until was were when where which "
        "while who will with would".split()
    ),
    "de": frozenset(
        "aber als am an auch auf aus bei beim bis da damit dann das dass dem den der des die dies diese dieser dieses "
        "doch durch er es für haben hat hatte ihr ihre im in ist mit nach nachdem nicht noch nun ob oder seit sich sie "
        "sind so über um und unter vom von vor während war waren weil wenn werden wie wird wo wurde wurden zu zum zur "
        "zwischen".split()
    ),
    "fr": frozenset(
        "a à ainsi alors après au aussi autour aux avant avec c'est car ce ceci cela celle celui ces cet cette chez "
        "comme d'après dans de depuis des donc du elle elles en entre est et eux il ils je jusqu'à l' la le les leur "
        "leurs lors lorsque mais ne ni nous on ont ou où par parce pendant plus pour puis quand que qui sa sans selon "
        "ses si son sont sous sur tandis tous tout était été".split()
    ),
    "es": frozenset(
        "a además al ante antes así aunque cada como con contra cuando de del desde después donde durante e el ella "
        "ellas ellos en entre era es esa ese esta está estas este estos fue fueron ha han hasta la las le lo los más "
        "mientras ni no o para pero por porque que quien se según ser si sin sobre su sus también tras y ya".split()
    ),
    "uk": frozenset(
        "а або адже але б без би більше був була були було в вже від він вона вони воно всі втім де для до же за з зі "
        "і із її їх їхній й його кожен коли крім ліворуч ми на над не ні о ось перед під після по при про проте "
        "сьогодні та так також там те ти то тоді той тому у усі хоча це цей ця ці чи що щоб як якщо яка який "
        "які".split()
    ),
}


#: Weekdays and months in forms in which a calendar does not list them.
CALENDAR: dict[str, frozenset[str]] = {
    "uk": frozenset(
        "понеділка понеділку вівторка вівторку середи середу четверга четвергу п'ятниці п'ятницю суботи суботу неділі "
        "неділю січні лютому березні квітні травні червні липні серпні вересні жовтні листопаді грудні".split()
    ),
}


def tongue(language: str) -> str:
    """Return the language of a tag such as "en-GB", as the lists here name it."""
    return language.split("-", maxsplit=1)[0].lower()
