/// Verbs before verbs: "can", "want to", "have to".
extension Composer {
  package static let chains: [Chain] = {
    func modal(_ english: String, _ french: String, _ tense: Tense?, rest: [String] = []) -> Chain {
      Chain(
        english: EnglishVerb(english), isModal: true, englishRest: rest, french: FrenchVerb(french), frenchRest: [],
        frenchTense: tense, allowsNegation: true, tenses: [.present])
    }
    func gerund(_ english: String, _ french: String, _ frenchRest: String, _ tenses: [Tense]) -> Chain {
      Chain(
        english: EnglishVerb(english), isModal: false, englishRest: [], french: FrenchVerb(french),
        frenchRest: frenchRest.split(separator: " ").map(String.init), frenchTense: nil, allowsNegation: true,
        tenses: tenses, takesGerund: true)
    }
    func verb(
      _ english: String, _ rest: String, _ french: String, _ frenchRest: String, _ tenses: [Tense],
      negation: Bool = true,
      tense: Tense? = nil
    ) -> Chain {
      Chain(
        english: EnglishVerb(english), isModal: false, englishRest: rest.split(separator: " ").map(String.init),
        french: FrenchVerb(french), frenchRest: frenchRest.split(separator: " ").map(String.init), frenchTense: tense,
        allowsNegation: negation, tenses: tenses)
    }
    return [
      modal("can", "pouvoir", .present), modal("must", "devoir", .present), modal("should", "devoir", .conditional),
      modal("would", "vouloir", .conditional, rest: ["like", "to"]),
      modal("might", "pouvoir", .conditional),
      verb("want", "to", "vouloir", "", [.present, .past]),
      verb("have/had/had", "to", "devoir", "", [.present, .past, .future], negation: false),
      verb("need", "to", "avoir", "besoin de", [.present, .past]),
      verb("like", "to", "aimer", "", [.present, .past]),
      verb("love", "to", "adorer", "", [.present, .past]),
      verb("hate", "to", "détester", "", [.present]),
      verb("prefer", "to", "préférer", "", [.present]),
      verb("hope", "to", "espérer", "", [.present]),
      verb("try", "to", "essayer", "de", [.present, .presentProgressive, .past, .future]),
      verb("forget/forgot/forgotten", "to", "oublier", "de", [.past, .presentPerfect]),
      verb("decide", "to", "décider", "de", [.past, .presentPerfect]),
      verb("start", "to", "commencer", "à", [.past, .present]),
      verb("begin/began/begun", "to", "commencer", "à", [.past, .present]),
      verb("learn", "to", "apprendre", "à", [.presentProgressive, .past]),
      verb("know/knew/known", "how to", "savoir", "", [.present]),
      verb("refuse", "to", "refuser", "de", [.past, .present]),
      verb("promise", "to", "promettre", "de", [.past]),
      verb("continue", "to", "continuer", "à", [.past, .present]),
      verb("choose/chose/chosen", "to", "choisir", "de", [.past]),
      verb("agree", "to", "accepter", "de", [.past]),
      verb("manage", "to", "réussir", "à", [.past]),
      verb("remember", "to", "penser", "à", [.past]),
      verb("offer", "to", "proposer", "de", [.past]),
      gerund("like", "aimer", "", [.present, .present, .past]),
      gerund("love", "adorer", "", [.present, .present, .past]),
      gerund("enjoy", "aimer", "", [.present, .past]), gerund("hate", "détester", "", [.present]),
      gerund("stop", "arrêter", "de", [.past, .present, .future]),
      gerund("finish", "finir", "de", [.past, .presentPerfect]),
      gerund("start", "commencer", "à", [.past, .future]),
      gerund("keep/kept/kept", "continuer", "à", [.past, .present]),
      gerund("avoid", "éviter", "de", [.past, .present]),
    ]
  }()

  /// Verbs of the mind: their past describes, it doesn't tell what happened.
  private static let stativeChains: Set<String> = ["want", "need", "like", "love", "have", "hope", "enjoy"]

  package mutating func chainedClause(_ subject: NounPhrase, _ polarity: Polarity) -> Clause {
    let chain = pick(Composer.chains.filter { polarity == .affirmative || $0.allowsNegation })
    let verb = pick(lexicon.verbs.filter { $0.subjects.contains("P") && !$0.isStative && $0.english.base != "see" })
    var clause = action(subject, .present, polarity: polarity, isBare: true, verb: verb)
    if chance(0.1) {  // "want to be a doctor", "should be patient"
      clause = self.clause(
        subject, chance(0.7) ? Composer.be : Verb(english: "become/became/become", french: "devenir"), .present)
      clause.polarity = polarity
      let adjectives = lexicon.adjectives.filter { $0.classes.contains("P") && !$0.english.hasSuffix("ish") }
      clause.complements = [
        .phrase(
          subject.agreement.number == .singular && subject.pronoun != .you && chance(0.5)
            ? profession(subject.agreement.gender) : adjectivePhrase(pick(adjectives), subject.agreement))
      ]
    }
    clause.tense = pick(chain.tenses)
    let english = chain.english.base
    var french: Tense? = chain.frenchTense
    if clause.tense == .past {
      // "Had to" happened: il a dû.
      french = Composer.stativeChains.contains(english) && english != "have" ? .pastProgressive : .presentPerfect
    }
    let adapted = Chain(
      english: chain.english, isModal: chain.isModal, englishRest: chain.englishRest, french: chain.french,
      frenchRest: chain.frenchRest, frenchTense: french, allowsNegation: chain.allowsNegation, tenses: chain.tenses,
      takesGerund: chain.takesGerund)
    clause.chain = (adapted, newIdea())
    if chance(0.2), clause.complements.count < 2 {
      if let time = time(for: clause.tense == .past ? .past : .future),
        !clause.complements.contains(where: { if case .phrase = $0 { true } else { false } })
      {
        clause.complements.append(.phrase(time))
      }
    }
    return clause
  }

  package mutating func chained() -> Sentence? {
    let clause = chainedClause(person(), chance(0.18) ? .not : .affirmative)
    return Sentence(clause.statement)
  }

  /// An infinitive phrase by itself, for "it is important to …".
  package mutating func infinitivePhrase(_ agreement: Agreement = Agreement()) -> Phrase? {
    let verb = pick(
      lexicon.verbs.filter {
        $0.subjects.contains("P") && !$0.isStative && !$0.french.isReflexive && $0.english.base != "see"
      })
    let subject = pronounPhrase(.he)
    let clause = action(subject, .present, isBare: true, verb: verb)
    guard !clause.complements.contains(where: { if case .pronoun = $0 { true } else { false } }) else { return nil }
    return clause.infinitive(agreement)
  }
}
