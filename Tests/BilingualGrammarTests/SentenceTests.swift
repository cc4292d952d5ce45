import BilingualGrammar
import Testing

/// Sentences built from the grammar's parts, word for word.
@Suite struct SentenceTests {
  func noun(_ name: String) throws -> Noun {
    try #require(Lexicon.shared.nouns.first { $0.name == name })
  }

  func verb(_ english: String, _ french: String, state: Bool = false) -> Verb {
    Verb(english: english, french: french, flags: state ? ["state"] : [])
  }

  func adjective(_ english: String) throws -> Adjective {
    try #require(Lexicon.shared.adjectives.first { $0.english == english })
  }

  func text(_ phrase: Phrase, _ ending: Sentence.Ending = .period, contracts: Bool = false) -> String {
    let style = Composer.Style(contracts: contracts, startsLowercase: false, omitsPeriod: false)
    let pair = Composer(seed: 1, stream: 0).spell(Sentence(phrase, ending), style)
    return pair.english + " = " + pair.french
  }

  @Test func articlesElideAndContract() throws {
    var composer = Composer(seed: 1, stream: 0)
    let tree = composer.nounPhrase(try noun("tree"), .definite, .singular)
    #expect(text(Phrase(english: tree.english, french: tree.french)) == "The tree. = L'arbre.")
    let bean = composer.nounPhrase(try noun("green~2 bean~1"), .definite, .singular)
    #expect(text(Phrase(english: bean.english, french: bean.french)) == "The green bean. = Le haricot vert.")
    for (name, french) in [
      ("garden", "Près du jardin."), ("school", "Près de l'école."), ("house", "Près de la maison."),
    ] {
      let place = composer.nounPhrase(try noun(name), .definite, .singular)
      let near = composer.phrase("near", "près de")
      let phrase = near + Phrase(english: place.english, french: place.french)
      #expect(text(phrase) == "Near the \(name). = \(french)")
    }
    let children = composer.nounPhrase(try noun("child"), .definite, .plural)
    let toChildren = Phrase(english: children.english, french: [Word("à", [])] + children.french)
    #expect(text(toChildren) == "The children. = Aux enfants.")
  }

  @Test func adjectivesAgreeAndStandWhereTheyBelong() throws {
    var composer = Composer(seed: 1, stream: 0)
    let cases: [(String, [String], Determiner, GrammaticalNumber, String)] = [
      ("car", ["red"], .definite, .singular, "The red car. = La voiture rouge."),
      ("tree", ["beautiful"], .indefinite, .singular, "A beautiful tree. = Un bel arbre."),
      ("woman", ["old"], .definite, .plural, "The old women. = Les vieilles femmes."),
      ("cat", ["small"], .bare, .plural, "Small cats. = De petits chats."),
      ("house", ["white", "big"], .indefinite, .singular, "A big white house. = Une grande maison blanche."),
      ("apple", ["good"], .possessive(.i), .singular, "My good apple. = Ma bonne pomme."),
      ("idea", ["strange"], .possessive(.he), .singular, "His strange idea. = Son idée étrange."),
      ("man", [], .demonstrative(isNear: true), .singular, "This man. = Cet homme."),
      (
        "neural~2 network~1", [], .number(english: "two", french: "deux"), .plural,
        "Two neural networks. = Deux réseaux de neurones."
      ),
      ("data", [], .definite, .singular, "The data. = Les données."),
      ("pants", [], .definite, .singular, "The pants. = Le pantalon."),
      ("milk", [], .some, .singular, "Some milk. = Du lait."), ("oil", [], .some, .singular, "Some oil. = De l'huile."),
      ("orange", [], .lots, .plural, "A lot of oranges. = Beaucoup d'oranges."),
    ]
    for (name, adjectives, determiner, number, expected) in cases {
      let list = try adjectives.map { (try adjective($0), isVery: false) }
      let phrase = composer.nounPhrase(try noun(name), determiner, number, adjectives: list)
      #expect(text(Phrase(english: phrase.english, french: phrase.french)) == expected)
    }
  }

  @Test func negationTakesDe() throws {
    var composer = Composer(seed: 1, stream: 0)
    var clause = composer.clause(composer.pronounPhrase(.i), verb("have/had/had", "avoir", state: true), .present)
    clause.polarity = .not
    clause.complements = [.direct(composer.nounPhrase(try noun("car"), .indefinite, .singular))]
    #expect(text(clause.statement, contracts: true) == "I don't have a car. = Je n'ai pas de voiture.")
    clause.complements = [.direct(composer.nounPhrase(try noun("money"), .any, .singular))]
    clause.tense = .future
    #expect(text(clause.statement) == "I will not have any money. = Je n'aurai pas d'argent.")
    clause.polarity = .other(english: "never", french: "jamais")
    clause.complements = [.direct(composer.nounPhrase(try noun("key"), .definite, .singular))]
    #expect(text(clause.statement) == "I will never have the key. = Je n'aurai jamais la clé.")
  }

  @Test func compoundTensesAgree() throws {
    var composer = Composer(seed: 1, stream: 0)
    var clause = composer.clause(composer.pronounPhrase(.she), verb("sit/sat/sat", "s'asseoir"), .past)
    clause.complements = [.phrase(composer.phrase("here", "ici"))]
    #expect(text(clause.statement) == "She sat here. = Elle s'est assise ici.")
    let arrive = composer.clause(composer.pronounPhrase(.they), verb("arrive", "arriver"), .presentPerfect)
    #expect(text(arrive.statement) == "They have arrived. = Ils sont arrivés.")
    var buy = composer.clause(composer.pronounPhrase(.we), verb("buy/bought/bought", "acheter"), .past)
    buy.complements = [.pronoun(.it(.feminine), isDirect: true, englishPreposition: nil, idea: 99)]
    #expect(text(buy.statement) == "We bought it. = Nous l'avons achetée.")
    buy.polarity = .not
    buy.tense = .goingTo
    #expect(text(buy.statement) == "We are not going to buy it. = Nous n'allons pas l'acheter.")
    var give = composer.clause(composer.pronounPhrase(.you), verb("give/gave/given", "donner"), .pastPerfect)
    give.complements = [
      .pronoun(.it(.masculine), isDirect: true, englishPreposition: nil, idea: 98),
      .pronoun(.she, isDirect: false, englishPreposition: "to", idea: 97),
    ]
    #expect(text(give.statement) == "You had given it to her. = Vous le lui aviez donné.")
  }

  @Test func tensesOfTheWeather() throws {
    var composer = Composer(seed: 1, stream: 0)
    let rain = composer.clause(composer.pronounPhrase(.it(.masculine)), verb("rain", "pleuvoir"), .pastProgressive)
    #expect(text(rain.statement) == "It was raining. = Il pleuvait.")
    var later = rain
    later.tense = .future
    #expect(text(later.statement) == "It will rain. = Il pleuvra.")
    later.tense = .past
    later.polarity = .not
    #expect(text(later.statement, contracts: true) == "It didn't rain. = Il n'a pas plu.")
  }

  @Test func questionsInvert() throws {
    var composer = Composer(seed: 1, stream: 0)
    var clause = composer.clause(composer.pronounPhrase(.she), verb("go/went/gone", "aller"), .past)
    let question = { (clause: Clause) in
      Phrase(english: clause.english(asQuestion: true), french: clause.french(.inverted))
    }
    #expect(text(question(clause), .question) == "Did she go? = Est-elle allée ?")
    clause.tense = .present
    #expect(text(question(clause), .question) == "Does she go? = Va-t-elle ?")
    clause.polarity = .not
    #expect(text(question(clause), .question) == "Does she not go? = Ne va-t-elle pas ?")
    let statement = composer.question(composer.clause(composer.pronounPhrase(.he), verb("love", "aimer"), .present))
    #expect(text(statement, .question) == "Does he love? = Est-ce qu'il aime ?")
  }

  @Test func alignmentCrosses() throws {
    var composer = Composer(seed: 1, stream: 0)
    var clause = composer.clause(composer.pronounPhrase(.i), verb("love", "adorer", state: true), .present)
    clause.complements = [.direct(composer.nounPhrase(try noun("deep~2 learning~1"), .generic, .singular))]
    let pair = composer.spell(
      Sentence(clause.statement), Composer.Style(contracts: false, startsLowercase: false, omitsPeriod: false))
    #expect(pair.englishWords == ["I", "love", "deep", "learning", "."])
    #expect(pair.frenchWords == ["J'", "adore", "l'", "apprentissage", "profond", "."])
    let links = pair.alignment.map { "\(pair.englishWords[$0.english])-\(pair.frenchWords[$0.french])" }
    #expect(links == ["I-J'", "love-adore", "learning-l'", "learning-apprentissage", "deep-profond", ".-."])
  }

  @Test func receiversStandOnEitherSide() throws {
    var composer = Composer(seed: 1, stream: 0)
    var clause = composer.clause(composer.pronounPhrase(.he), verb("give/gave/given", "donner"), .past)
    let students = composer.nounPhrase(try noun("student"), .definite, .plural)
    let book = composer.nounPhrase(try noun("book"), .indefinite, .singular)
    clause.complements = [.direct(book), .prepositional(english: [Word("to")], french: [Word("à")], students)]
    #expect(text(clause.statement) == "He gave a book to the students. = Il a donné un livre aux étudiants.")
    clause.receiverComesFirst = true
    #expect(text(clause.statement) == "He gave the students a book. = Il a donné un livre aux étudiants.")
    clause.complements[1] = .pronoun(.i, isDirect: false, englishPreposition: "to", idea: 99)
    #expect(text(clause.statement) == "He gave me a book. = Il m'a donné un livre.")
  }

  @Test func anymoreAndGerunds() throws {
    var composer = Composer(seed: 1, stream: 0)
    var clause = composer.clause(composer.pronounPhrase(.she), verb("work", "travailler"), .present)
    clause.complements = [.phrase(composer.phrase("here", "ici"))]
    clause.polarity = .notAnymore
    #expect(text(clause.statement, contracts: true) == "She doesn't work here anymore. = Elle ne travaille plus ici.")
    clause.polarity = .not
    let stop = try #require(Composer.chains.first { $0.english.base == "stop" && $0.takesGerund })
    clause.chain = (stop, 98)
    #expect(text(clause.statement) == "She does not stop working here. = Elle n'arrête pas de travailler ici.")
  }

  @Test func superlativesOfNouns() throws {
    var composer = Composer(seed: 1, stream: 0)
    let cases: [(String, String, Pronoun?, String)] = [
      ("friend", "good", .i, "My best friend. = Mon meilleur ami."),
      ("city", "beautiful", nil, "The most beautiful city. = La plus belle ville."),
      ("tree", "old", nil, "The oldest tree. = Le plus vieil arbre."),
      ("car", "expensive", .she, "Her most expensive car. = Sa voiture la plus chère."),
      ("school", "big", .i, "My biggest school. = Ma plus grande école."),
    ]
    for (name, quality, owner, expected) in cases {
      let phrase = composer.superlativePhrase(try noun(name), try adjective(quality), owner)
      #expect(text(Phrase(english: phrase.english, french: phrase.french)) == expected)
    }
  }

  @Test func nounsOfOtherNumbers() throws {
    var composer = Composer(seed: 1, stream: 0)
    let good = [(try adjective("good"), isVery: false)]
    let cases: [(String, Determiner, GrammaticalNumber, [(Adjective, isVery: Bool)], String)] = [
      ("vacation", .indefinite, .singular, good, "A good vacation. = De bonnes vacances."),
      ("stairs", .bare, .singular, [], "Stairs. = Un escalier."),
      ("person", .definite, .plural, [], "The people. = Les gens."),
      ("person", .number(english: "two", french: "deux"), .plural, [], "Two people. = Deux personnes."),
      ("glass", .possessive(.i), .plural, [], "My glasses. = Mes lunettes."),
      ("glass", .number(english: "two", french: "deux"), .plural, [], "Two glasses. = Deux verres."),
    ]
    for (name, determiner, number, adjectives, expected) in cases {
      let phrase = composer.nounPhrase(try noun(name), determiner, number, adjectives: adjectives)
      #expect(text(Phrase(english: phrase.english, french: phrase.french)) == expected)
    }
  }
}
