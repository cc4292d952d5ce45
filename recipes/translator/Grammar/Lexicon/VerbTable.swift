/// The verbs: `English[/past[/participle]] [particle] | French [fixed words] | subjects | frames | flags`.
///
/// A frame is a list of complements joined by `+`; a complement is `[English preposition>]French preposition:classes`,
/// `-` being a direct object; `0` means nothing follows, `@in` a place where, `@to` a place whither,
/// `@walk` as far as a place, `@spatial` under, behind or beside something.
/// Flags: `state` (simple past becomes the imperfect; no progressive), `generic` (what follows without an article is
/// meant in general), `fixed` (no object pronoun), `double` (who gets it may stand first:
/// "give Anna a book"; it must where the English preposition is empty, as in `>à:P`) etc. A reflexive French verb is written with `se`.
let verbTable = """
  eat/ate/eaten|manger|PA|0 -:FM -:FM|
  drink/drank/drunk|boire|P|-:D -:D|
  buy/bought/bought|acheter|P|-:FMDOVWRH -:OVWZT -:FOW+for>pour:P|
  buy/bought/bought|acheter|P|-:FOWR+>à:P|double
  sell/sold/sold|vendre|P|-:FOVWRZ|
  cook|préparer|P|-:M -:M+for>pour:P|
  cook|cuisiner|P|0 for>pour:P|
  prepare|préparer|P|-:E4 -:E4+for>pour:P|
  cut/cut/cut|couper|P|-:MF -:H|
  taste|goûter|P|-:FMD|
  order|commander|P|-:FDM|
  read/read/read|lire|P|-:R -:R|
  write/wrote/written|écrire|P|-:L -:L+to>à:P 0 to>à:P|double
  open|ouvrir|P|-:yOC -:y+for>pour:P|
  close|fermer|P|-:yC|
  wash|laver|P|-:WOVX|
  clean|nettoyer|P|-:ZBV|
  break/broke/broken|casser|P|-:OB|
  repair|réparer|P|-:VOT|
  carry|porter|P|-:OC|
  wear/wore/worn|porter|P|-:W|state
  lose/lost/lost|perdre|P|-:OWY|
  find/found/found|trouver|P8|-:OWYQAH|
  look for|chercher|P|-:OPAW|
  forget/forgot/forgotten|oublier|P|-:OQ|
  bring/brought/brought|apporter|P|-:OFD -:OFD+to>à:P|double
  give/gave/given|donner|P|-:O+to>à:P -:FORYae+to>à:P|double
  show/showed/shown|montrer|P|-:OVZ+to>à:P|double
  send/sent/sent|envoyer|P|-:LO+to>à:P -:L|double
  offer|offrir|P|-:OD+to>à:P|double
  lend/lent/lent|prêter|P|-:OY+to>à:P|double
  explain|expliquer|P|-:QT+to>à:P -:QT|
  steal/stole/stolen|voler|P|-:OVY|
  hide/hid/hidden|cacher|P|-:OQ|
  take/took/taken|prendre|P|-:OV|
  put/put/put|mettre|P|-:O+on>sur:2|fixed
  leave/left/left|laisser|P|-:O+on>sur:2|fixed
  leave/left/left|quitter|P|-:Z -:ZK|
  see/saw/seen|voir|PA|-:PAOVZN -:PANQZn6|state2
  watch|regarder|P|-:E3AN|
  look at|regarder|PA|-:PAONZ|
  hear/heard/heard|entendre|PA|-:PAn|state2
  listen to|écouter|P|-:P -:L -:P|
  touch|toucher|P|-:OAXH|
  draw/drew/drawn|dessiner|P|-:AZN -:AZN+for>pour:P|
  paint|peindre|P|-:NB|
  photograph|photographier|P|-:PAZN|
  love|aimer|P|-:PK6|state generic
  love|adorer|P|-:FMDSsAEZRLW -:Ss|state generic
  like|aimer|P|-:FMDSsAEZRLWH -:Ss|state generic
  like|aimer bien|P|-:PK|state generic fixed
  hate|détester|P|-:FMDSAPEL -:Ss|state generic
  prefer|préférer|P|-:FMDSRLEV -:Ss|state generic
  know/knew/known|connaître|P|-:PZLQ|state
  meet/met/met|rencontrer|P|-:P -:P|
  help|aider|P|-:P -:PA6|
  wait for|attendre|P|-:PV -:P|
  wait|attendre|PA|0 @in|
  visit|visiter|P|-:Z|
  follow|suivre|PA|-:PA|
  call|appeler|P|-:P|
  thank|remercier|P|-:P|
  invite|inviter|P|-:P|
  kiss|embrasser|P|-:P|
  greet|saluer|P|-:P|
  protect|protéger|P|-:PAN|
  scare|effrayer|A|-:PA|
  bite/bit/bitten|mordre|A|-:PA|
  chase|poursuivre|A|-:A|
  feed/fed/fed|nourrir|P|-:A -:A|
  talk to|parler|P|à:P|
  speak/spoke/spoken|parler|P|-:5|lang fixed
  talk about|parler|P|de:PESsTQ|
  answer|répondre|P|à:PLQ|
  phone|téléphoner|P|à:P|
  obey|obéir|P|à:P|
  think/thought/thought about|penser|P|à:PQSs|nolui
  dream of|rêver|P|de:PZVSs|
  need|avoir besoin|P|de:PYODTH de:OYTDs|state
  remember|se souvenir|P|de:PQEL|state
  work|travailler|P8|0 @in @in for>pour:P6|
  work hard|travailler dur|P|0|
  work with|travailler|P|avec:PT|
  work on|travailler|P|sur:TQS|
  sleep/slept/slept|dormir|PA|0 @in|
  rest|se reposer|PA|0 @in|
  wake/woke/woken up|se réveiller|P|0|
  get/got/gotten up|se lever|P|0|
  wash/washed/washed up|se laver|P|0|
  get/got/gotten dressed|s'habiller|P|0|
  hurry|se dépêcher|P|0|
  walk|marcher|PA|0 @in @walk|
  go/went/gone for a walk|se promener|P|0 @in|
  run/ran/run|courir|PA|0 @in @walk|
  swim/swam/swum|nager|PA|0 @sea|
  jump|sauter|PA|0|
  dance|danser|P|0 with>avec:P|
  sing/sang/sung|chanter|P|0 -:7 -:7+for>pour:P|
  cry|pleurer|P|0|
  smile|sourire|P|0 at>à:P|
  laugh|rire|P|0 with>avec:P|
  travel|voyager|P|0 with>avec:P @tocity|
  cough|tousser|P|0|
  shout|crier|P|0|
  go/went/gone|aller|P|@to @to @tocity|
  come/came/come|venir|P|0 @to with>avec:P|
  come/came/come back|revenir|P|0|
  arrive|arriver|P|0 @in @city|
  stay|rester|P|@in @in @city|
  return|retourner|P|@to @tocity|
  leave/left/left|partir|P|0 with>avec:P|
  go/went/gone out|sortir|P|0 with>avec:P|
  come/came/come in|entrer|PA|0|
  go/went/gone home|rentrer à la maison|P|0 with>avec:P|
  fall/fell/fallen|tomber|PA|0|
  live|habiter|P|@in @city @city with>avec:P|state
  enter|entrer|PA|dans:Z|
  go/went/gone into|entrer|PA|dans:Z|
  come/came/come from|venir|P|de:Z|
  hide/hid/hidden|se cacher|PA|0 @in @spatial @spatial|
  fly/flew/flown over|survoler|A|-:ZN|fixed
  fly/flew/flown to|voler vers|A|-:ZN|fixed
  jump over|sauter par-dessus|PA|-:B|fixed
  run/ran/run after|courir après|PA|-:PA|fixed
  climb up|grimper sur|PA|-:hN|fixed
  walk through|traverser|PA|-:9N|fixed
  look like|ressembler|P|à:P|state
  fall/fell/fallen into|tomber|PA|dans:d|
  fall/fell/fallen off|tomber|PA|de:2|
  sit/sat/sat|s'asseoir|PA|on>sur:2 on>sur:2 @sit|
  sit/sat/sat down|s'asseoir|P|0 on>sur:2|
  lie/lay/lain|s'allonger|PA|on>sur:2|
  drive/drove/driven|conduire|P|-:V 0|
  ride/rode/ridden a bike|faire du vélo|P|0|bike
  park|garer|P|-:V|
  cross|traverser|PA|-:9|
  build/built/built|construire|P|-:ZT -:ZT+for>pour:P|
  learn/learned/learned|apprendre|P|-:5SQ -:S|lang
  study|étudier|P|-:S -:S|generic fixed
  teach/taught/taught|enseigner|P|-:S -:S+to>à:P|generic fixed double
  understand/understood/understood|comprendre|P|-:QTSP|state2
  use|utiliser|P8|-:OTVH -:T|
  train|entraîner|P|-:T8|
  test|tester|P|-:T|
  change|changer|P|-:QW|
  discover|découvrir|P|-:QZTN|
  choose/chose/chosen|choisir|P8|-:OWRT|
  finish|finir|P|-:RE -:L|
  translate|traduire|P8|-:RL|
  correct|corriger|P8|-:LQT|
  describe|décrire|P|-:PZQT|
  analyze|analyser|P8|-:TL|
  play|jouer à|P|-:G|play fixed
  play|jouer de|P|-:I|play fixed
  play|jouer|PA|0 with>avec:PA @in with>avec:O|
  have/had/had|avoir|P|-:AOVZTQ -:OVTUY|state own
  deposit|déposer|P|-:Y+in>@bank|
  spend/spent/spent|dépenser|P|-:Y|
  earn|gagner|P|-:Y|
  save|économiser|P|-:Y|
  pay/paid/paid for|payer|P|-:EFO|
  turn on|allumer|P|-:e|fixed
  turn off|éteindre|P|-:e|fixed
  have/had/had breakfast|prendre le petit déjeuner|P|0 with>avec:P|
  have/had/had lunch|déjeuner|P|0 with>avec:P|
  have/had/had dinner|dîner|P|0 with>avec:P|
  go/went/gone shopping|faire les courses|P|0|
  do/did/done the dishes|faire la vaisselle|P|0|
  make/made/made|faire|P|-:k -:k -:k+for>pour:P|
  do/did/done|faire|P|-:a -:a|
  take/took/taken a shower|prendre une douche|P|0|fixed
  ask/asked/asked a question|poser une question|P|0|
  win/won/won|gagner|P|-:g|
  miss|rater|P|-:u|fixed
  tell/told/told|raconter|P|-:r+to>à:P|double
  count|compter|P|-:OFA|
  push|pousser|P|-:BVP|
  pull|tirer|P|-:OB|
  throw/threw/thrown|lancer|P|-:O|
  throw/threw/thrown away|jeter|P|-:OR|fixed
  catch/caught/caught|attraper|PA|-:OA|
  hold/held/held|tenir|P|-:OX|
  peel|éplucher|P|-:F|
  serve|servir|P|-:FMD|
  smell/smelled/smelled|sentir|PA|-:FM|state2
  share|partager|P|-:FMQ|
  borrow|emprunter|P|-:ORV|
  rent|louer|P|-:VZ|
  collect|collectionner|P|-:OR|
  install|installer|P|-:T|
  download|télécharger|P|-:TR|
  admire|admirer|P|-:PNZ|state
  respect|respecter|P|-:PQ|state
  marry|épouser|P|-:P|
  hire|embaucher|P|-:P|
  hit/hit/hit|frapper|P|-:PA|
  climb|escalader|P|-:hN|
  explore|explorer|P|-:ZN|
  imagine|imaginer|P|-:PQZ|
  believe|croire|P|-:P|state
  ask for|demander|P|-:OFD|
  accept|accepter|P|-:QO|
  refuse|refuser|P|-:QFO|
  receive|recevoir|P|-:LO -:L|
  keep/kept/kept|garder|P|-:OQ|
  fold|plier|P|-:W|
  knit|tricoter|P|-:W|
  decorate|décorer|P|-:ZB|
  organize|organiser|P|-:E|
  cancel|annuler|P|-:E|
  attend|assister|P|à:E|nolui
  record|enregistrer|P|-:7TE|
  whisper|chuchoter|P|0|
  sneeze|éternuer|PA|0|
  hesitate|hésiter|P|0|
  breathe|respirer|PA|0|
  apologize|s'excuser|P|0|
  relax|se détendre|P|0 @in|
  bark|aboyer|A|0|
  growl|grogner|A|0|
  fly/flew/flown|voler|A|0|
  hunt|chasser|PA|-:A|
  arrest|arrêter|P|-:P|
  attack|attaquer|PA|-:PA|
  rescue|sauver|P|-:PA|
  punish|punir|P|-:P|
  support|soutenir|P|-:P|
  criticize|critiquer|P|-:PRQ|
  congratulate|féliciter|P|-:P|
  surprise|surprendre|P|-:P|
  disturb|déranger|P|-:P|
  avoid|éviter|P|-:PQA|
  ignore|ignorer|P|-:PQ|
  repeat|répéter|P|-:Q|
  compare|comparer|P|-:TQ|
  measure|mesurer|P8|-:OT|
  create|créer|P|-:TQ|
  invent|inventer|P|-:TO|
  print|imprimer|P|-:RLT|
  improve|améliorer|P8|-:TQ|
  develop|développer|P|-:T|
  generate|générer|P8|-:LT|
  deliver|livrer|P|-:OF|
  empty|vider|P|-:C|
  fill|remplir|P|-:C|
  take/took/taken a picture|prendre une photo|P|0|fixed
  take/took/taken a bath|prendre un bain|P|0|fixed
  take/took/taken care of|s'occuper|P|de:PAV|nolui
  get/got/gotten married|se marier|P|0|
  fall/fell/fallen asleep|s'endormir|PA|0|
  go/went/gone to bed|se coucher|P|0|
  stand/stood/stood up|se lever|P|0|
  turn around|se retourner|P|0|
  shave|se raser|P|0|
  worry|s'inquiéter|P|0|
  argue|se disputer|P|0 with>avec:P|
  fight/fought/fought|se battre|PA|0 with>avec:P|
  smoke|fumer|P|0|
  vote|voter|P|0 for>pour:P|
  pray|prier|P|0 for>pour:P|
  ski|skier|P|0|
  skate|patiner|P|0|
  cheat|tricher|P|0|
  succeed|réussir|P|0|
  die|mourir|PA|0|
  grow/grew/grown up|grandir|P|0|
  move|bouger|PA|0|
  stop|s'arrêter|PA|0|
  wave|faire signe|P|0|
  plant|planter|P|-:N|
  burn|brûler|P|-:OR|
  mix|mélanger|P|-:MF|
  bake|faire cuire|P|-:k|
  wrap|emballer|P|-:O|
  pack|emballer|P|-:W|
  lock|fermer à clé|P|-:y|fixed
  knock on|frapper|P|à:y|nolui
  recognize|reconnaître|P|-:PZ|
  notice|remarquer|P|-:PQ|
  encourage|encourager|P|-:P|
  convince|convaincre|P|-:P|
  trust|faire confiance|P|à:P|state
  advise|conseiller|P|-:P|
  warn|prévenir|P|-:P|
  forgive/forgave/forgiven|pardonner|P|à:P|
  introduce|présenter|P|-:P -:P+to>à:P|
  join|rejoindre|P|-:P|
  divorce|divorcer|P|0|
  cheer up|consoler|P|-:P|
  raise|élever|P|-:A|
  pick up|ramasser|P|-:OF|fixed
  put/put/put on|mettre|P|-:W|fixed
  take/took/taken off|enlever|P|-:W|fixed
  try on|essayer|P|-:W|fixed
  look after|s'occuper|P|de:PA|nolui
  look out of|regarder par|P|-:y|fixed
  laugh at|se moquer|P|de:P|nolui
  complain about|se plaindre|P|de:PQ|nolui
  depend on|dépendre|P|de:P|state nolui
  solve|résoudre|P8|-:Q|
  predict|prédire|P8|-:T|
  calculate|calculer|P8|-:T|
  process|traiter|P8|-:T|
  recognize|reconnaître|8|-:OAT|
  learn/learned/learned from|apprendre|P8|de:TQ|nolui
  design|concevoir|P|-:TZV|
  study|étudier|P|0 @in|
  read/read/read|lire|P|0 @in|
  eat/ate/eaten|manger|P|@in with>avec:P|
  bark at|aboyer après|A|-:PA|fixed
  lick|lécher|A|-:PAX|
  scratch|griffer|A|-:PB|
  chase|poursuivre|P|-:PA|
  go/went/gone swimming|aller nager|P|0 with>avec:P|
  go/went/gone dancing|aller danser|P|0 with>avec:P|
  go/went/gone fishing|aller pêcher|P|0 with>avec:P|
  go/went/gone camping|faire du camping|P|0|
  go/went/gone hiking|faire de la randonnée|P|0|
  go/went/gone on vacation|partir en vacances|P|0 with>avec:P|
  come/came/come home|rentrer à la maison|P|0|
  have/had/had fun|s'amuser|P|0 with>avec:P|
  make/made/made noise|faire du bruit|P|0|
  tell/told/told the truth|dire la vérité|P|0 to>à:P|
  say/said/said goodbye|dire au revoir|P|0 to>à:P|
  say/said/said hello|dire bonjour|P|0 to>à:P|
  watch TV|regarder la télévision|P|0 with>avec:P|
  listen to music|écouter de la musique|P|0|
  play video games|jouer aux jeux vidéo|P|0 with>avec:P|
  call the police|appeler la police|P|0|
  ride/rode/ridden a horse|monter à cheval|P|0|
  """
