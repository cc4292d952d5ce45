/// Questions and commands.
extension Composer {
  /// "Do you …?" → "Est-ce que vous … ?"
  package mutating func question(_ clause: Clause) -> Phrase {
    let idea = [newIdea()]
    return Phrase(
      english: clause.english(asQuestion: true),
      french: [Word("est-ce que", idea + [clause.verbIdea])] + clause.french())
  }

  mutating func yesNoQuestion() -> Sentence? {
    if chance(0.12) { return polite() }
    let tense: Tense = weighted([
      (.present, 0.42), (.presentProgressive, 0.14), (.past, 0.24), (.presentPerfect, 0.06), (.future, 0.08),
      (.goingTo, 0.06),
    ])
    switch random.next() % 8 {
    case 0:
      guard let clause = description(anySubject(), stateTense(), allowsOthers: false) else { return nil }
      return Sentence(question(clause), .question)
    case 1: return Sentence(question(having(person(), stateTense())), .question)
    case 2:
      let clause = chainedClause(chance(0.5) ? pronounPhrase(.you) : person(), .affirmative)
      // "Can you …?" is a polite request, see below.
      guard clause.chain?.0.isModal != true || clause.subject.pronoun != .you else { return nil }
      return Sentence(question(clause), .question)
    default:
      let subject = chance(0.5) ? pronounPhrase(.you) : chance(0.12) ? nounPhrase(in: "A", isDefinite: true) : person()
      var clause = action(subject, tense)
      guard clause.polarity == .affirmative || clause.polarity == .not && clause.earlyFrench == nil else { return nil }
      if clause.polarity == .not { clause.polarity = .affirmative }
      return Sentence(question(clause), .question)
    }
  }

  /// "Can you help me?" → "Pouvez-vous m'aider ?"
  private mutating func polite() -> Sentence? {
    let you = pronounPhrase(.you)
    let idea = newIdea()
    var action = action(you, .present, isBare: true)
    guard action.polarity == .affirmative, !action.verb.isStative else { return nil }
    action.subject = you
    let infinitive = action.infinitive(you.agreement)
    let (english, french): ([String], String) = weighted([
      ((["Can"], "pouvez-vous"), 0.4), ((["Could"], "pourriez-vous"), 0.35),
      ((["Would", "like to"], "voudriez-vous"), 0.25),
    ])
    let rest = english.dropFirst().flatMap { $0.split(separator: " ").map { Word(String($0), [idea]) } }
    return Sentence(
      Phrase(
        english: [Word(english[0].lowercased(), [idea])] + you.english + rest + infinitive.english,
        french: [Word(french, [idea] + you.french[0].ideas)] + infinitive.french), .question)
  }

  /// Where, when, why, how: inverted with a pronoun, "est-ce que" with "je" and with a noun.
  mutating func whQuestion() -> Sentence? {
    switch random.next() % 11 {
    case 8: return whichQuestion()
    case 9: return ofPersons()
    case 10: return chance(0.5) ? howLong() : whatIs()
    case 0: return whatQuestion()
    case 1: return whereIs()
    case 2: return whoQuestion()
    case 3: return fixedQuestion()
    default: break
    }
    let (english, french) = pick([
      ("where", "où"), ("when", "quand"), ("why", "pourquoi"), ("how", "comment"), ("why", "pourquoi"),
    ])
    let tense: Tense = weighted([
      (.present, 0.35), (.presentProgressive, 0.15), (.past, 0.3), (.future, 0.1), (.goingTo, 0.1),
    ])
    let subject = chance(0.45) ? pronounPhrase(.you) : chance(0.1) ? nounPhrase(in: "A", isDefinite: true) : person()
    var clause: Clause
    if english == "why", chance(0.3) {
      guard
        let described = chance(0.3)
          ? having(subject, pick([.present, .past]))
          : description(subject, pick([.present, .past]), allowsOthers: false)
      else { return nil }
      clause = described
      if chance(0.25) { clause.polarity = .not }
    } else {
      clause = action(subject, tense, polarity: english == "why" ? polarity(tense, 0.25) : .affirmative, isBare: true)
    }
    if english == "where" || english == "how" {
      clause.complements.removeAll { if case .phrase = $0 { true } else { false } }
      guard
        !clause.complements.isEmpty
          || clause.verb.frames.contains(where: { $0.isEmpty || $0.first?.classes.hasPrefix("@") == true })
      else { return nil }
      if english == "how", clause.verb.isStative { return nil }
    }
    let word = phrase(english, french)
    let subjectWords = clause.subject.pronoun
    if let subjectWords, subjectWords != .i {
      return Sentence(
        word + Phrase(english: clause.english(asQuestion: true), french: clause.french(.inverted)), .question)
    }
    return Sentence(word + question(clause), .question)
  }

  /// "What are you eating?" → "Qu'est-ce que vous mangez ?"
  private mutating func whatQuestion() -> Sentence? {
    let verbs = lexicon.verbs.filter { verb in
      verb.frenchParticle.isEmpty && !verb.flags.contains("fixed") && verb.subjects.contains("P")
        && verb.frames.contains {
          $0.count == 1 && $0[0].french == nil && !$0[0].classes.hasPrefix("@") && !$0[0].classes.contains("P")
        }
    }
    let verb = pick(verbs)
    let tense = allowed(
      weighted([(.present, 0.3), (.presentProgressive, 0.3), (.past, 0.25), (.future, 0.08), (.goingTo, 0.07)]), verb)
    var clause = clause(chance(0.5) ? pronounPhrase(.you) : person(), verb, tense)
    // "What do you do?" asks for a profession.
    guard !(verb.english.base == "do" && tense == .present && clause.subject.pronoun == .you) else { return nil }
    let idea = newIdea()
    if chance(0.25), let time = time(for: tense) { clause.complements = [.phrase(time)] }
    return Sentence(
      Phrase(
        english: [Word("what", [idea])] + clause.english(asQuestion: true),
        french: [Word("qu'est-ce que", [idea])] + clause.french()), .question)
  }

  /// "Where is the cat?" → "Où est le chat ?"
  private mutating func whereIs() -> Sentence? {
    let thing = chance(0.25) ? person() : nounPhrase(in: "KAOVZWRF", isDefinite: true)
    guard thing.pronoun != .i else { return nil }
    let isPast = chance(0.2)
    let clause = clause(thing, Composer.be, isPast ? .past : .present)
    let word = phrase("where", "où")
    if thing.pronoun != nil {
      return Sentence(
        word + Phrase(english: clause.english(asQuestion: true), french: clause.french(.inverted)), .question)
    }
    let verb = Word(
      isPast ? Composer.be.french.imperfect(thing.agreement) : Composer.be.french.present(thing.agreement),
      [clause.verbIdea])
    return Sentence(word + Phrase(english: clause.english(asQuestion: true), french: [verb] + thing.french), .question)
  }

  /// "Who broke the window?" → "Qui a cassé la fenêtre ?"
  private mutating func whoQuestion() -> Sentence? {
    let idea = newIdea()
    let who = NounPhrase(
      english: [Word("who", [idea])], french: [Word("qui", [idea])], agreement: Agreement(), englishNumber: .singular)
    let tense = weighted([(Tense.present, 0.3), (.presentProgressive, 0.2), (.past, 0.4), (.future, 0.1)])
    let clause = action(who, tense, isBare: true)
    return Sentence(clause.statement, .question)
  }

  /// "Which car do you prefer?" → "Quelle voiture préférez-vous ?"; "Whose book is this?" → "À qui est ce livre ?"
  private mutating func whichQuestion() -> Sentence? {
    let noun = pick(lexicon.nouns(in: pick(Array("OFVWRZE"))))
    guard noun.kind == .counted, !noun.isPluralInEnglish, !noun.isPluralInFrench else { return nil }
    let number: GrammaticalNumber = chance(0.8) ? .singular : .plural
    if chance(0.25), !noun.classes.contains("E") {
      let thing = nounPhrase(noun, .demonstrative(isNear: true), number)
      let (whose, verb) = (newIdea(), newIdea())
      let these = thing.english[0]
      let isPlural = number == .plural
      return Sentence(
        Phrase(
          english: [Word("whose", [whose])] + thing.english.dropFirst() + [
            Word(isPlural ? "are" : "is", [verb]), these,
          ],
          french: [Word("à", [whose]), Word("qui", [whose]), Word(isPlural ? "sont" : "est", [verb])] + thing.french),
        .question)
    }
    let thing = nounPhrase(noun, .definite, number)
    let which = newIdea()
    let word = FrenchAdjective("quel/quelle").form(noun.gender, number)
    let verb = pick(
      lexicon.verbs.filter {
        ["prefer", "choose", "see", "like", "buy", "want", "find", "sell", "take"].contains($0.english.base)
          && $0.frenchParticle.isEmpty && $0.englishParticle.isEmpty
          && $0.frames.contains {
            $0.count == 1 && $0[0].french == nil && !Set($0[0].classes).isDisjoint(with: noun.classes)
          }
      } + [Verb(["want", "vouloir", "P", "0", "state"])])
    var clause = clause(
      pronounPhrase(pick([.you, .you, .he, .she, .they])), verb, allowed(pick([.present, .past]), verb))
    clause.precedingObject = thing.agreement
    return Sentence(
      Phrase(
        english: [Word("which", [which])] + thing.english.dropFirst() + clause.english(asQuestion: true),
        french: [Word(word, [which])] + thing.french.dropFirst() + clause.french(.inverted)), .question)
  }

  /// "Who is your teacher?", "How is your mother?", "Who did you see?"
  private mutating func ofPersons() -> Sentence? {
    if chance(0.35) {
      let verbs = ["see/saw/seen|voir", "meet/met/met|rencontrer", "invite|inviter", "call|appeler", "help|aider"]
      let verb = Verb(pick(verbs).split(separator: "|").map(String.init) + ["P", "0", "state2"])
      let clause = clause(
        pronounPhrase(pick([.you, .you, .he, .she, .they])), verb, allowed(pick([.past, .future]), verb))
      let who = phrase("who", "qui")
      return Sentence(
        who + Phrase(english: clause.english(asQuestion: true), french: clause.french(.inverted)), .question)
    }
    let isHow = chance(0.5)
    let somebody = nounPhrase(
      pick(lexicon.nouns(in: isHow ? "K" : pick(["K", "J"]))), .possessive(pick([.you, .he, .she, .they])), .singular)
    guard somebody.english.count > 1 else { return nil }
    let clause = clause(somebody, Composer.be, .present)
    let french = isHow ? FrenchVerb("aller").present(somebody.agreement) : "est"
    return Sentence(
      phrase(isHow ? "how" : "who", isHow ? "comment" : "qui")
        + Phrase(
          english: clause.english(asQuestion: true), french: [Word(french, [clause.verbIdea])] + somebody.french),
      .question)
  }

  /// "How long have you been waiting?" → "Depuis combien de temps attendez-vous ?"
  private mutating func howLong() -> Sentence? {
    let row = pick([
      ("wait", "attendre", ""), ("sleep/slept/slept", "dormir", ""), ("learn French", "apprendre le français", ""),
      ("live", "habiter", "@in"), ("live", "habiter", "@city"), ("work", "travailler", "@in"),
      ("work", "travailler", ""),
      ("cry", "pleurer", ""), ("read/read/read", "lire", ""), ("play the piano", "jouer du piano", ""),
    ])
    let subject = pronounPhrase(pick([.you, .you, .he, .she, .they]))
    let clause = clause(subject, Verb(english: row.0, french: row.1), .present)
    let have = EnglishVerb("have/had/had").present(subject.englishPerson, subject.englishNumber)
    let english = EnglishVerb(row.0.split(separator: " ")[0])
    let rest = ["been", english.gerund] + row.0.split(separator: " ").dropFirst().map(String.init)
    var result =
      phrase("how~1 long~1", "depuis~1 combien~1 de~1 temps~1")
      + Phrase(
        english: [Word(have, [clause.verbIdea])] + subject.english + rest.map { Word($0, [clause.verbIdea]) },
        french: clause.french(.inverted))
    if !row.2.isEmpty { result = result + place(row.2) }
    return Sentence(result, .question)
  }

  /// "What is love?" → "Qu'est-ce que l'amour ?"
  private mutating func whatIs() -> Sentence? {
    let thing = nounPhrase(pick(lexicon.nouns(in: pick(["S", "s"]))), .generic, .singular)
    guard thing.agreement.number == .singular else { return nil }
    return Sentence(
      phrase("what~1 is~1", "qu'est-ce~1 que~1") + Phrase(english: thing.english, french: thing.french), .question)
  }

  private mutating func fixedQuestion() -> Sentence? {
    switch random.next() % 6 {
    case 0: return Sentence(phrase("what~1 time~2 is~3 it~4", "quelle~1 heure~2 est-il~3"), .question)
    case 1, 2:
      let someone =
        chance(0.5)
        ? pronounPhrase(pick([.you, .he, .she, .they]))
        : nounPhrase(of: pick(lexicon.nouns(in: "K")), as: "P", isDefinite: true)
      let clause = clause(someone, Composer.have, .present)
      let old = phrase("how~1 old~2", "quel~1 âge~2")
      let english = clause.english(asQuestion: true)
      if someone.pronoun != nil {
        return Sentence(old + Phrase(english: english, french: clause.french(.inverted)), .question)
      }
      let verb = Word(Composer.have.french.present(someone.agreement), [clause.verbIdea])
      return Sentence(old + Phrase(english: english, french: [verb] + someone.french), .question)
    case 3:
      let noun = pick(lexicon.nouns(in: pick(Array("FOWRVAPZ"))))
      guard noun.kind == .counted, noun.classes != ["K"], !noun.isPluralInEnglish else { return nil }
      let things = nounPhrase(noun, .bare, .plural)
      let bare = things.frenchAfterDe ?? things.french
      let verb = pick(
        [
          "have/had/had|avoir|P|0|state", "see/saw/seen|voir|P|0|state2", "buy/bought/bought|acheter|P|0|",
          "want|vouloir|P|0|state",
        ].filter { !$0.hasPrefix("buy") || !noun.classes.contains("P") })
      let word = Verb(verb.split(separator: "|", omittingEmptySubsequences: false).map(String.init))
      let clause = clause(pronounPhrase(pick([.you, .he, .she, .they])), word, pick([.present, .past]))
      let many = phrase("how~1 many~1", "combien~1 de~1")
      return Sentence(
        many
          + Phrase(
            english: things.english + clause.english(asQuestion: true), french: bare + howMany(clause, things.agreement)
          ), .question)
    case 4:
      let thing = nounPhrase(in: "OVWFR", isDefinite: true)
      let cost = Verb(["cost/cost/cost", "coûter", "P", "0", "state"].map { $0 })
      let clause = clause(thing, cost, .present)
      let idea = newIdea()
      return Sentence(
        Phrase(
          english: [Word("how", [idea]), Word("much", [idea])] + clause.english(asQuestion: true),
          french: [Word("combien", [idea]), Word(cost.french.present(thing.agreement), [clause.verbIdea])]
            + thing.french), .question)
    default:
      let possessor = pick([Pronoun.you, .he, .she, .they, .i])
      let (noun, english) = pick([
        ("nom", "name"), ("adresse", "address"), ("couleur préférée", "favorite color"),
        ("livre préféré", "favorite book"),
      ])
      // "What is your name?" is an expression of its own.
      guard !(possessor == .you && english == "name") else { return nil }
      let isFeminine = noun.hasPrefix("couleur") || noun.hasPrefix("adresse")
      let thing = phrase(english, noun)
      let base = [newIdea(), newIdea(), newIdea()]
      let owner = possessor.frenchPossessive(
        isFeminine ? .feminine : .masculine, .singular, beforeVowel: FrenchSound.beginsWithVowel(noun))
      return Sentence(
        Phrase(
          english: [Word("what", [base[0]]), Word("is", [base[1]]), Word(possessor.english.possessive, [base[2]])]
            + thing.english,
          french: [Word(isFeminine ? "quelle" : "quel", [base[0]]), Word("est", [base[1]]), Word(owner, [base[2]])]
            + thing.french), .question)
    }
  }

  /// The clause of "combien de …": inverted, the participle agreeing with what was counted.
  private func howMany(_ clause: Clause, _ agreement: Agreement) -> [Word] {
    var clause = clause
    clause.precedingObject = agreement
    return clause.french(.inverted)
  }

  /// "Close the door." → "Fermez la porte."
  mutating func command() -> Sentence? {
    let you = pronounPhrase(.you)
    if chance(0.12) {
      var clause = clause(you, Composer.be, .present)
      let adjective = pick(
        lexicon.adjectives.filter {
          ["careful", "polite", "patient", "brave", "calm", "kind", "serious", "honest", "generous"].contains(
            $0.english)
        })
      clause.complements = [.phrase(adjectivePhrase(adjective, you.agreement, allowsDegree: false))]
      clause.polarity = polarity(.present, 0.1)
      return Sentence(clause.imperative())
    }
    var clause = action(you, .present, polarity: polarity(.present, 0.25), isBare: true)
    guard !clause.verb.isStative, clause.verb.english.base != "see" && clause.verb.english.base != "hear" else {
      return nil
    }
    let pronouns = clause.complements.filter { if case .pronoun = $0 { true } else { false } }
    guard pronouns.count < 2 else { return nil }
    if clause.verb.french.isReflexive, clause.polarity == .affirmative || !pronouns.isEmpty {
      // levez-vous: the clitic of "vous" works like an object.
      guard pronouns.isEmpty else { return nil }
    }
    if clause.complements.count < 2, chance(0.12),
      let time = pick([phrase("now", "maintenant"), phrase("tomorrow", "demain"), nil])
    {
      clause.complements.append(.phrase(time))
    }
    var result = clause.imperative()
    if chance(0.2) {
      let please = phrase("please", "s'il vous plaît")
      result = result + comma() + please
    }
    return Sentence(result, chance(0.1) ? .exclamation : .period)
  }
}
