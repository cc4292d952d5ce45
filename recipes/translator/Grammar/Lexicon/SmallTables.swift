/// First names with their gender; copied unchanged.
let nameTable = """
  Paul m, Tom m, Lucas m, David m, Peter m, Nicolas m, Hugo m, Louis m, Martin m, Daniel m, Omar m, Kenji m, Adam m, \
  Victor m, Anna f, Emma f, Marie f, Sophie f, Julia f, Sarah f, Laura f, Alice f, Claire f, Mary f, Nina f, Fatima f, \
  Yuki f, Camille f, Elena f, Iris f
  """

/// Cities: English | French.
let cityTable = """
  Paris|Paris
  London|Londres
  Rome|Rome
  Berlin|Berlin
  Madrid|Madrid
  Lyon|Lyon
  Brussels|Bruxelles
  Geneva|Genève
  Montreal|Montréal
  Tokyo|Tokyo
  New York|New York
  Venice|Venise
  Lisbon|Lisbonne
  Vienna|Vienne
  Athens|Athènes
  """

/// Countries: English | French preposition and country.
let countryTable = """
  France|en~2 France~1
  Italy|en~2 Italie~1
  Spain|en~2 Espagne~1
  Germany|en~2 Allemagne~1
  England|en~2 Angleterre~1
  Belgium|en~2 Belgique~1
  China|en~2 Chine~1
  Switzerland|en~2 Suisse~1
  Japan|au~2 Japon~1
  Canada|au~2 Canada~1
  Portugal|au~2 Portugal~1
  Brazil|au~2 Brésil~1
  the~2 United States~1|aux~2 États-Unis~1
  """

/// Places: English where | English whither (empty: never) | French. `~n` aligns.
let placeTable = """
  at~2 school~1|to~2 school~1|à~2 l'~2 école~1
  at~2 home~1||à~2 la~2 maison~1
  at~2 work~1|to~2 work~1|au~2 travail~1
  at~2 the~2 bank~1|to~2 the~2 bank~1|à~2 la~2 banque~1
  at~2 the~2 market~1|to~2 the~2 market~1|au~2 marché~1
  at~2 the~2 station~1|to~2 the~2 station~1|à~2 la~2 gare~1
  at~2 the~2 restaurant~1|to~2 the~2 restaurant~1|au~2 restaurant~1
  at~2 the~2 museum~1|to~2 the~2 museum~1|au~2 musée~1
  at~2 the~2 library~1|to~2 the~2 library~1|à~2 la~2 bibliothèque~1
  at~2 the~2 hospital~1|to~2 the~2 hospital~1|à~2 l'~2 hôpital~1
  at~2 the~2 office~1|to~2 the~2 office~1|au~2 bureau~1
  at~2 the~2 airport~1|to~2 the~2 airport~1|à~2 l'~2 aéroport~1
  at~2 the~2 theater~1|to~2 the~2 theater~1|au~2 théâtre~1
  at~2 the~2 movies~1|to~2 the~2 movies~1|au~2 cinéma~1
  at~2 the~2 hotel~1|to~2 the~2 hotel~1|à~2 l'~2 hôtel~1
  at~2 the~2 pool~1|to~2 the~2 pool~1|à~2 la~2 piscine~1
  at~2 the~2 university~1|to~2 the~2 university~1|à~2 l'~2 université~1
  at~2 the~2 beach~1|to~2 the~2 beach~1|à~2 la~2 plage~1
  in~2 the~3 garden~1|to~2 the~3 garden~1|dans~2 le~3 jardin~1
  in~2 the~3 kitchen~1|to~2 the~3 kitchen~1|dans~2 la~3 cuisine~1
  in~2 the~3 park~1|to~2 the~3 park~1|dans~2 le~3 parc~1
  in~2 the~3 forest~1|to~2 the~3 forest~1|dans~2 la~3 forêt~1
  in~2 the~3 living room~1|to~2 the~3 living room~1|dans~2 le~3 salon~1
  in~2 the~3 bathroom~1|to~2 the~3 bathroom~1|dans~2 la~3 salle de bains~1
  in~2 the~3 street~1||dans~2 la~3 rue~1
  in~2 town~1|to~2 town~1|en~2 ville~1
  in~2 the~2 countryside~1|to~2 the~2 countryside~1|à~2 la~2 campagne~1
  in~2 the~2 mountains~1|to~2 the~2 mountains~1|à~2 la~2 montagne~1
  in~2 bed~1||au~2 lit~1
  here|here|ici
  there|there|là-bas
  outside|outside|dehors
  """

/// Where one sits or walks near water: the river bank, never the one with money.
let riverTable = """
  by~2 the~3 river~4 bank~1|sur~2 la~3 berge~1 de~4 la~4 rivière~4
  on~2 the~3 river~4 bank~1|sur~2 la~3 berge~1 de~4 la~4 rivière~4
  on~2 the~3 bank~1 of~5 the~6 river~4|sur~2 la~3 berge~1 de~5 la~6 rivière~4
  near~2 the~3 river~4 bank~1|près~2 de~2 la~3 berge~1 de~4 la~4 rivière~4
  by~2 the~3 river~1|au~2 bord~2 de~2 la~3 rivière~1
  by~2 the~3 lake~1|au~2 bord~2 du~3 lac~1
  by~2 the~3 sea~1|au~2 bord~2 de~2 la~3 mer~1
  """

/// Prepositions of place before a noun phrase: English | French | classes.
let spatialTable = """
  in front of|devant|ZVBP
  behind|derrière|ZVBPN
  under|sous|2N
  near|près~1 de~1|ZPNVB
  next to|à~1 côté~1 de~1|ZPBV
  on|sur|2
  in|dans|Z
  far from|loin~1 de~1|ZN
  above|au-dessus~1 de~1|BN
  around|autour~1 de~1|ZNB
  inside|à~1 l'~1 intérieur~1 de~1|ZC
  opposite|en~1 face~1 de~1|Z
  across from|en~1 face~1 de~1|Z
  along|le~1 long~1 de~1|9
  against|contre|B
  """

/// Adverbs between the subject and the verb: English | French | `ne` where it takes the place of "pas".
let frequencyTable = """
  always|toujours
  often|souvent
  sometimes|parfois
  really|vraiment
  still|encore
  never|jamais|ne
  no longer|plus|ne
  """

/// Adverbs of manner at the end: English | French | `b` when it stands before the participle.
let mannerTable = """
  slowly|lentement
  quickly|rapidement
  quietly|doucement
  carefully|prudemment
  well|bien|b
  badly|mal|b
  very well|très bien|b
  a lot|beaucoup|b
  together|ensemble
  easily|facilement
  again|encore|b
  fast|vite
  too much|trop|b
  enough|assez|b
  """

/// Times: English | French | tenses they go with (p past, n now or habit, c in course now, f future).
let timeTable = """
  yesterday|hier|p
  last~2 night~1|hier~2 soir~1|p
  last~2 week~1|la~1 semaine~1 dernière~2|p
  last~2 year~1|l'~1 année~1 dernière~2|p
  last~2 month~1|le~1 mois~1 dernier~2|p
  last~2 summer~1|l'~1 été~1 dernier~2|p
  yesterday~2 morning~1|hier~2 matin~1|p
  this~2 morning~1|ce~2 matin~1|p
  tomorrow|demain|f
  tomorrow~2 morning~1|demain~2 matin~1|f
  next~2 week~1|la~1 semaine~1 prochaine~2|f
  next~2 year~1|l'~1 année~1 prochaine~2|f
  next~2 month~1|le~1 mois~1 prochain~2|f
  tonight|ce soir|f
  soon|bientôt|f
  today|aujourd'hui|pcf
  now|maintenant|c
  right now|en ce moment|c
  every~2 day~1|tous~2 les~2 jours~1|n
  every~2 morning~1|tous~2 les~2 matins~1|n
  every~2 week~1|toutes~2 les~2 semaines~1|n
  in~2 the~2 morning~1|le~2 matin~1|n
  in~2 the~2 evening~1|le~2 soir~1|n
  in~2 the~2 afternoon~1|l'~2 après-midi~1|n
  at~2 night~1|la~2 nuit~1|n
  in~2 summer~1|en~2 été~1|n
  in~2 winter~1|en~2 hiver~1|n
  on~2 Monday~1|lundi|pf
  on~2 Tuesday~1|mardi|pf
  on~2 Wednesday~1|mercredi|pf
  on~2 Thursday~1|jeudi|pf
  on~2 Friday~1|vendredi|pf
  on~2 Saturday~1|samedi|pf
  on~2 Sunday~1|dimanche|pf
  on~2 Mondays~1|le~2 lundi~1|n
  on~2 Fridays~1|le~2 vendredi~1|n
  on~2 Sundays~1|le~2 dimanche~1|n
  once~1 a~2 week~3|une~1 fois~1 par~2 semaine~3|n
  twice~1 a~2 day~3|deux~1 fois~1 par~2 jour~3|n
  three~4 times~1 a~2 week~3|trois~4 fois~1 par~2 semaine~3|n
  every~2 evening~1|tous~2 les~2 soirs~1|n
  every~2 night~1|toutes~2 les~2 nuits~1|n
  every~2 afternoon~1|tous~2 les~2 après-midi~1|n
  every~2 month~1|tous~2 les~2 mois~1|n
  every~2 year~1|tous~2 les~2 ans~1|n
  every~2 summer~1|tous~2 les~2 étés~1|n
  every~2 winter~1|tous~2 les~2 hivers~1|n
  every~2 weekend~1|tous~2 les~2 week-ends~1|n
  every~2 Sunday~1|tous~2 les~2 dimanches~1|n
  every~2 Monday~1|tous~2 les~2 lundis~1|n
  every~2 Saturday~1|tous~2 les~2 samedis~1|n
  every~2 Friday~1|tous~2 les~2 vendredis~1|n
  on~2 weekends~1|le~2 week-end~1|n
  on~2 Saturdays~1|le~2 samedi~1|n
  on~2 Tuesdays~1|le~2 mardi~1|n
  in~2 spring~1|au~2 printemps~1|n
  in~2 autumn~1|en~2 automne~1|n
  in~2 the~2 fall~1|en~2 automne~1|n
  in~2 January~1|en~2 janvier~1|pfn
  in~2 February~1|en~2 février~1|pfn
  in~2 March~1|en~2 mars~1|pfn
  in~2 April~1|en~2 avril~1|pfn
  in~2 May~1|en~2 mai~1|pfn
  in~2 June~1|en~2 juin~1|pfn
  in~2 July~1|en~2 juillet~1|pfn
  in~2 August~1|en~2 août~1|pfn
  in~2 September~1|en~2 septembre~1|pfn
  in~2 October~1|en~2 octobre~1|pfn
  in~2 November~1|en~2 novembre~1|pfn
  in~2 December~1|en~2 décembre~1|pfn
  all~2 day~1|toute~2 la~2 journée~1|pnf
  all~2 night~1|toute~2 la~2 nuit~1|pf
  all~2 morning~1|toute~2 la~2 matinée~1|pf
  all~2 afternoon~1|tout~2 l'~2 après-midi~1|pf
  all~2 week~1|toute~2 la~2 semaine~1|pf
  all~2 summer~1|tout~2 l'~2 été~1|pf
  for~3 an~2 hour~1|pendant~3 une~2 heure~1|pf
  this~2 afternoon~1|cet~2 après-midi~1|pcf
  this~2 evening~1|ce~2 soir~1|fc
  this~2 week~1|cette~2 semaine~1|pcf
  this~2 year~1|cette~2 année~1|pcf
  this~2 month~1|ce~2 mois~1|pcf
  this~2 summer~1|cet~2 été~1|pf
  last~2 Sunday~1|dimanche~1 dernier~2|p
  last~2 Monday~1|lundi~1 dernier~2|p
  last~2 Friday~1|vendredi~1 dernier~2|p
  last~2 weekend~1|le~1 week-end~1 dernier~2|p
  last~2 winter~1|l'~1 hiver~1 dernier~2|p
  yesterday~2 evening~1|hier~2 soir~1|p
  yesterday~2 afternoon~1|hier~2 après-midi~1|p
  the~1 day~1 before~1 yesterday~1|avant-hier|p
  a~1 long~2 time~2 ago~3|il~3 y~3 a~3 longtemps~2|p
  a~1 few~1 days~2 ago~3|il~3 y~3 a~3 quelques~1 jours~2|p
  an~1 hour~2 ago~3|il~3 y~3 a~3 une~1 heure~2|p
  recently|récemment|p
  next~2 Sunday~1|dimanche~1 prochain~2|f
  next~2 Monday~1|lundi~1 prochain~2|f
  next~2 Saturday~1|samedi~1 prochain~2|f
  next~2 summer~1|l'~1 été~1 prochain~2|f
  tomorrow~2 evening~1|demain~2 soir~1|f
  tomorrow~2 afternoon~1|demain~2 après-midi~1|f
  the~1 day~1 after~1 tomorrow~1|après-demain|f
  later|plus tard|f
  in~3 an~2 hour~1|dans~3 une~2 heure~1|f
  one~2 day~1|un~2 jour~1|pf
  early|tôt|pnf
  late|tard|pnf
  at~2 noon~1|à~2 midi~1|pnf
  at~2 midnight~1|à~2 minuit~1|pnf
  before~2 dinner~1|avant~2 le~2 dîner~1|pnf
  after~2 dinner~1|après~2 le~2 dîner~1|pnf
  before~2 breakfast~1|avant~2 le~2 petit déjeuner~1|pnf
  after~2 lunch~1|après~2 le~2 déjeuner~1|pnf
  after~2 school~1|après~2 l'~2 école~1|pnf
  after~2 work~1|après~2 le~2 travail~1|pnf
  during~2 the~3 night~1|pendant~2 la~3 nuit~1|pnf
  during~2 the~3 day~1|pendant~2 la~3 journée~1|pnf
  during~2 the~3 holidays~1|pendant~2 les~3 vacances~1|pnf
  """

/// Numbers in words, from two.
let numberTable = """
  two|deux
  three|trois
  four|quatre
  five|cinq
  six|six
  seven|sept
  eight|huit
  nine|neuf
  ten|dix
  eleven|onze
  twelve|douze
  fifteen|quinze
  twenty|vingt
  thirty|trente
  """

/// To be in a state that French has: English adjective | French noun.
let havingTable = """
  hungry|faim
  thirsty|soif
  cold|froid
  hot|chaud
  sleepy|sommeil
  afraid|peur
  right|raison
  wrong|tort
  lucky|de la chance
  """

/// Whole sentences: English | French. A name may follow greetings.
let greetingTable = """
  Hello|Bonjour
  Good morning|Bonjour
  Good evening|Bonsoir
  Good night|Bonne nuit
  Goodbye|Au revoir
  Thank you|Merci
  Thank you very much|Merci beaucoup
  Thanks|Merci
  Please|S'il vous plaît
  Excuse me|Excusez-moi
  I'm sorry|Je suis désolé
  See you tomorrow|À demain
  See you soon|À bientôt
  Welcome|Bienvenue
  Congratulations|Félicitations
  Happy birthday|Joyeux anniversaire
  Good luck|Bonne chance
  How are you?|Comment allez-vous ?
  How are you doing?|Comment allez-vous ?
  What is~2 your~3 name~2?|Comment vous~3 appelez-vous~2 ?
  Where are~2 you~3 from?|D'où venez-vous~2 ?
  What time~2 is~3 it~3?|Quelle heure~2 est-il~3 ?
  How much~1 is~2 it~3?|Combien~1 est-ce~2 ?
  Nice to meet you|Enchanté
  I'm fine|Je vais bien
  I~2 don't~1 know~3|Je~2 ne~1 sais~3 pas~1
  I agree|Je suis d'accord
  That's~1 true~2|C'~1 est~1 vrai~2
  It doesn't matter|Ça ne fait rien
  Be careful|Faites attention
  Well done|Bravo
  See you later|À plus tard
  Have a nice~2 day~3|Bonne~2 journée~3
  Yes|Oui
  No|Non
  Of course|Bien sûr
  You're welcome|De rien
  Hi|Salut
  Good afternoon|Bonjour
  Sorry|Pardon
  Welcome home|Bienvenue à la maison
  What's~1 happening~2?|Que~1 se passe-t-il~2 ?
  What~1 happened~2?|Que~1 s'est-il passé~2 ?
  What is~2 the~3 problem~1?|Quel est~2 le~3 problème~1 ?
  What do you~2 do~1?|Que faites~1 -vous~2 dans la vie~1 ?
  What does~1 it~2 mean~1?|Qu'est-ce que cela~2 veut dire~1 ?
  What does~1 this~2 mean~1?|Qu'est-ce que cela~2 veut dire~1 ?
  Can I~2 help~1 you~3?|Puis-je~2 vous~3 aider~1 ?
  I need~2 help~1|J'ai besoin~2 d'aide~1
  Don't~1 worry~2|Ne~1 vous inquiétez~2 pas~1
  Come~1 in~1|Entrez
  Come~1 here~2|Venez~1 ici~2
  Sit down|Asseyez-vous
  Take care|Prenez soin de vous
  Have a nice~2 trip~3|Bon~2 voyage~3
  Have a good~2 weekend~3|Bon~2 week-end~3
  Have a good~2 day~3|Bonne~2 journée~3
  Enjoy your meal~2|Bon appétit~2
  Happy~2 New~1 Year~1|Bonne~2 année~1
  Merry~2 Christmas~1|Joyeux~2 Noël~1
  It's~1 my~3 turn~2|C'est~1 mon~3 tour~2
  That's enough|Ça suffit
  Maybe|Peut-être
  Good~1 idea~2|Bonne~1 idée~2
  I~2 think~1 so~3|Je~2 crois~1 que oui~3
  I~2 hope~1 so~3|J'espère~1 que oui~3
  Not~1 yet~2|Pas~1 encore~2
  Me~1 too~2|Moi~1 aussi~2
  Why~1 not~2?|Pourquoi~1 pas~2 ?
  Really?|Vraiment ?
  No~1 problem~2|Pas~1 de problème~2
  Wait~1 a minute~2|Attendez~1 une minute~2
  Let's~2 go~1|Allons~1 -y~2
  It's~1 late~2|Il est~1 tard~2
  It's~1 early~2|Il est~1 tôt~2
  I~2 don't~1 understand~3|Je~2 ne~1 comprends~3 pas~1
  Do you~2 understand~1?|Est-ce que vous~2 comprenez~1 ?
  I'm~1 here~2|Je suis~1 ici~2
  I'm~1 from~2 here~3|Je suis~1 d'~2 ici~3
  It's~1 a secret~2|C'est~1 un secret~2
  It's~1 not~2 my~3 fault~4|Ce n'~2 est~1 pas~2 ma~3 faute~4
  How~1 do you~2 know~3?|Comment~1 le savez~3 -vous~2 ?
  Where~1 are~2 we~3?|Où~1 sommes~2 -nous~3 ?
  Who~1 are~2 you~3?|Qui~1 êtes~2 -vous~3 ?
  Who~1 is~2 it~3?|Qui~1 est~2 -ce~3 ?
  What~1 is~2 it~3?|Qu'est-ce~2 que c'est~3 ?
  What~1 is~2 this~3?|Qu'est-ce~2 que c'est~3 ?
  What~1 is~2 that~3?|Qu'est-ce~2 que c'est~3 ?
  """
