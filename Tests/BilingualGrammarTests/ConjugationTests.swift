import BilingualGrammar
import Testing

/// Forms as a grammar book lists them: je tu il nous vous ils.
@Suite struct ConjugationTests {
  static let rows = [
    Agreement(.first), Agreement(.second), Agreement(.third), Agreement(.first, .plural), Agreement(.second, .plural),
    Agreement(.third, .plural),
  ]

  @Test(arguments: [
    ("aimer", "aime aimes aime aimons aimez aiment"), ("manger", "mange manges mange mangeons mangez mangent"),
    ("commencer", "commence commences commence commençons commencez commencent"),
    ("acheter", "achète achètes achète achetons achetez achètent"),
    ("appeler", "appelle appelles appelle appelons appelez appellent"),
    ("préférer", "préfère préfères préfère préférons préférez préfèrent"),
    ("protéger", "protège protèges protège protégeons protégez protègent"),
    ("nettoyer", "nettoie nettoies nettoie nettoyons nettoyez nettoient"),
    ("finir", "finis finis finit finissons finissez finissent"), ("dormir", "dors dors dort dormons dormez dorment"),
    ("ouvrir", "ouvre ouvres ouvre ouvrons ouvrez ouvrent"),
    ("attendre", "attends attends attend attendons attendez attendent"),
    ("être", "suis es est sommes êtes sont"), ("avoir", "ai as a avons avez ont"),
    ("aller", "vais vas va allons allez vont"), ("faire", "fais fais fait faisons faites font"),
    ("apprendre", "apprends apprends apprend apprenons apprenez apprennent"),
    ("comprendre", "comprends comprends comprend comprenons comprenez comprennent"),
    ("devenir", "deviens deviens devient devenons devenez deviennent"),
    ("promettre", "promets promets promet promettons promettez promettent"),
    ("traduire", "traduis traduis traduit traduisons traduisez traduisent"),
    ("décrire", "décris décris décrit décrivons décrivez décrivent"),
    ("sourire", "souris souris sourit sourions souriez sourient"),
    ("vouloir", "veux veux veut voulons voulez veulent"), ("boire", "bois bois boit buvons buvez boivent"),
    ("s'asseoir", "assieds assieds assied asseyons asseyez asseyent"),
    ("éteindre", "éteins éteins éteint éteignons éteignez éteignent"),
    ("se promener", "promène promènes promène promenons promenez promènent"),
  ])
  func present(_ infinitive: String, _ forms: String) {
    let verb = FrenchVerb(infinitive)
    #expect(Self.rows.map { verb.present($0) }.joined(separator: " ") == forms)
  }

  @Test(arguments: [
    ("manger", "mangeais mangeais mangeait mangions mangiez mangeaient"),
    ("commencer", "commençais commençais commençait commencions commenciez commençaient"),
    ("être", "étais étais était étions étiez étaient"), ("faire", "faisais faisais faisait faisions faisiez faisaient"),
    ("conduire", "conduisais conduisais conduisait conduisions conduisiez conduisaient"),
    ("étudier", "étudiais étudiais étudiait étudiions étudiiez étudiaient"),
    ("boire", "buvais buvais buvait buvions buviez buvaient"),
  ])
  func imperfect(_ infinitive: String, _ forms: String) {
    let verb = FrenchVerb(infinitive)
    #expect(Self.rows.map { verb.imperfect($0) }.joined(separator: " ") == forms)
  }

  @Test(arguments: [
    ("acheter", "achèterai"), ("appeler", "appellerai"), ("préférer", "préférerai"), ("nettoyer", "nettoierai"),
    ("envoyer", "enverrai"), ("voir", "verrai"), ("savoir", "saurai"), ("faire", "ferai"), ("aller", "irai"),
    ("venir", "viendrai"), ("courir", "courrai"), ("attendre", "attendrai"), ("écrire", "écrirai"),
    ("s'asseoir", "assiérai"), ("pouvoir", "pourrai"), ("falloir", "faudrai"), ("finir", "finirai"),
  ])
  func future(_ infinitive: String, _ form: String) {
    #expect(FrenchVerb(infinitive).future(Agreement(.first)) == form)
    #expect(FrenchVerb(infinitive).conditional(Agreement(.first)) == form + "s")
  }

  @Test(arguments: [
    ("prendre", "pris"), ("mettre", "mis"), ("ouvrir", "ouvert"), ("offrir", "offert"), ("vendre", "vendu"),
    ("naître", "né"), ("devoir", "dû"), ("lire", "lu"), ("s'asseoir", "assis"), ("peindre", "peint"),
    ("connaître", "connu"), ("décrire", "décrit"), ("courir", "couru"), ("dormir", "dormi"),
  ])
  func participle(_ infinitive: String, _ form: String) {
    #expect(FrenchVerb(infinitive).participle == form)
  }

  @Test func participleAgrees() {
    let verb = FrenchVerb("prendre")
    #expect(verb.participle(agreeingWith: Agreement(.third, .plural, .feminine)) == "prises")
    #expect(verb.participle(agreeingWith: Agreement(.third, .plural)) == "pris")
    #expect(FrenchVerb("aller").participle(agreeingWith: Agreement(.third, .plural)) == "allés")
    #expect(FrenchVerb("devoir").participle(agreeingWith: Agreement(.third, .singular, .feminine)) == "due")
    // The polite "vous" is one person.
    #expect(FrenchVerb("venir").participle(agreeingWith: Pronoun.you.agreement) == "venu")
  }

  @Test(arguments: [
    ("run/ran/run", "running runs ran run"), ("study", "studying studies studied studied"),
    ("stop", "stopping stops stopped stopped"), ("visit", "visiting visits visited visited"),
    ("forget/forgot/forgotten", "forgetting forgets forgot forgotten"), ("lie/lay/lain", "lying lies lay lain"),
    ("watch", "watching watches watched watched"), ("play", "playing plays played played"),
    ("dance", "dancing dances danced danced"), ("fix", "fixing fixes fixed fixed"),
    ("do/did/done", "doing does did done"), ("have/had/had", "having has had had"),
  ])
  func english(_ text: String, _ forms: String) {
    let verb = EnglishVerb(text)
    #expect(
      [verb.gerund, verb.present(.third, .singular), verb.past(.third, .singular), verb.participle]
        .joined(separator: " ") == forms)
  }

  @Test(arguments: [
    ("beau/belle/bel", "beau bel belle beaux belles"), ("vieux/vieille/vieil", "vieux vieil vieille vieux vieilles"),
    ("heureux", "heureux heureux heureuse heureux heureuses"), ("cher/chère", "cher cher chère chers chères"),
    ("naturel", "naturel naturel naturelle naturels naturelles"),
    ("national", "national national nationale nationaux nationales"),
    ("gris", "gris gris grise gris grises"), ("en bois/en bois", "en bois en bois en bois en bois en bois"),
  ])
  func adjective(_ text: String, _ forms: String) {
    let adjective = FrenchAdjective(text)
    let all = [
      adjective.form(.masculine, .singular), adjective.form(.masculine, .singular, isBeforeVowel: true),
      adjective.form(.feminine, .singular), adjective.form(.masculine, .plural), adjective.form(.feminine, .plural),
    ]
    #expect(all.joined(separator: " ") == forms)
  }
}
