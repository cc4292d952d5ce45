/// Sentences of two clauses.
extension Composer {
  private mutating func link(_ english: String, _ french: String) -> Phrase { phrase(english, french) }

  private func later(_ subject: NounPhrase) -> Pronoun? {
    if let pronoun = subject.pronoun { return pronoun }
    let head = subject.english.map(\.text)
    if head == ["everyone"] || head == ["someone"] { return nil }
    return subject.laterPronoun
  }

  /// A reason in the same time: weather, a state, an action.
  private mutating func reason(_ subject: NounPhrase, isPast: Bool) -> Clause? {
    let pronoun = later(subject)
    switch random.uniformDouble() {
    case ..<0.28: return weather(isPast ? .pastProgressive : .presentProgressive)
    case ..<0.55:
      guard let pronoun else { return nil }
      var again = pronounPhrase(pronoun)
      again.noun = subject.noun
      return description(again, isPast ? .past : .present, allowsOthers: false)
    case ..<0.72:
      guard let pronoun, subject.isPerson || subject.noun?.classes.contains("A") == true else { return nil }
      return having(pronounPhrase(pronoun), isPast ? .past : .present)
    case ..<0.8:
      guard let pronoun, subject.isPerson else { return nil }
      return chainedClause(pronounPhrase(pronoun), .affirmative).withTense(isPast: isPast)
    default:
      let other = pronoun != nil && chance(0.5) && subject.isPerson ? pronounPhrase(pronoun ?? .he) : person()
      return action(
        other, isPast ? pick([.past, .pastProgressive]) : pick([.present, .presentProgressive]), isBare: true)
    }
  }

  /// "She drove the car because it was raining."
  mutating func because() -> Sentence? {
    let isPast = chance(0.6)
    let subject = chance(0.14) ? nounPhrase(in: "A", isDefinite: true) : person()
    let tense: Tense =
      isPast
      ? pick([.past, .past, .past, .pastProgressive]) : pick([.present, .presentProgressive, .goingTo, .future])
    var main =
      chance(0.18) && subject.isPerson
      ? description(subject, isPast ? .past : .present)
      : action(subject, tense, polarity: polarity(tense), isBare: true)
    if isPast, let current = main, current.tense == .present { main?.tense = .past }
    guard let main, var why = reason(subject, isPast: isPast) else { return nil }
    if why.polarity == .affirmative, chance(0.08), why.adverb == nil { why.polarity = .not }
    return Sentence(main.statement + link("because", "parce que") + why.statement)
  }

  mutating func compound() -> Sentence? {
    switch random.next() % 16 {
    case 10, 11: return purpose()
    case 12: return beforeDoing()
    case 13: return meanwhile()
    case 14, 15: return indirectQuestion()
    case 0: return whenPast()
    case 1: return whenFuture()
    case 2: return ifFuture()
    case 3: return ifConditional()
    case 4, 5: return that()
    case 6: return interrupted()
    case 7: return soClause()
    default: return coordinated()
    }
  }

  /// "She was reading when the phone …": the frame in the imperfect.
  private mutating func interrupted() -> Sentence? {
    let first = action(person(), .pastProgressive, isBare: true)
    guard first.verb.hasProgressive else { return nil }
    let second = action(person(), .past, isBare: true)
    guard !second.verb.isStative else { return nil }
    return Sentence(first.statement + link("when", "quand") + second.statement)
  }

  private mutating func whenPast() -> Sentence? {
    let subject = pronounPhrase(pick([.i, .he, .she, .we, .they]))
    guard let pronoun = subject.pronoun else { return nil }
    let young = phrase("young", "jeune")
    var was = clause(subject, Composer.be, .past)
    var adjective = young
    if subject.agreement.adjectiveNumber == .plural { adjective.french[0].text = "jeunes" }
    if subject.agreement.number == .singular, chance(0.4) { adjective = phrase("a~2 child~1", "enfant~1") }
    was.complements = [.phrase(adjective)]
    let habit = action(pronounPhrase(pronoun), .usedTo, isBare: true)
    return Sentence(link("when", "quand") + was.statement + comma() + habit.statement)
  }

  /// "When he arrives, we will eat." → the future on both sides in French.
  private mutating func whenFuture() -> Sentence? {
    var first = action(person(), .present, isBare: true)
    guard !first.verb.isStative else { return nil }
    let second = action(person(), .future, isBare: true)
    let english = first.english()
    first.tense = .future
    let opening = Phrase(english: english, french: first.french())
    return chance(0.5)
      ? Sentence(link("when", "quand") + opening + comma() + second.statement)
      : Sentence(second.statement + link("when", "quand") + opening)
  }

  /// "He went to the market to buy bread." → "pour acheter du pain".
  private mutating func purpose() -> Sentence? {
    let main = action(
      person(), pick([.past, .past, .present, .future, .goingTo]), isBare: true,
      verb: pick(
        lexicon.verbs.filter {
          ["go", "come", "stay", "stop", "use", "work", "return", "buy", "open", "wait"].contains($0.english.base)
            && $0.subjects.contains("P")
        }))
    guard !main.verb.isStative, let what = infinitivePhrase(main.subject.agreement) else { return nil }
    return Sentence(main.statement + link("to", "pour") + what)
  }

  /// "She reads before sleeping." → "avant de dormir"; "without looking" → "sans regarder".
  private mutating func beforeDoing() -> Sentence? {
    let main = action(person(), pick([.past, .past, .present, .future]), isBare: true)
    let second = action(main.subject, .present, isBare: true)
    guard !main.verb.isStative, !second.verb.isStative, !second.verb.french.isReflexive,
      !second.complements.contains(where: { if case .pronoun = $0 { true } else { false } })
    else { return nil }
    let what = second.infinitive(main.subject.agreement)
    let gerund = [Word(second.verb.english.gerund, [second.verbIdea])] + what.english.dropFirst()
    let before = chance(0.7) ? link("before", "avant de") : link("without", "sans")
    return Sentence(main.statement + before + Phrase(english: gerund, french: what.french))
  }

  /// "He was reading while she was cooking."
  private mutating func meanwhile() -> Sentence? {
    let tense: Tense = chance(0.65) ? .pastProgressive : .presentProgressive
    let first = action(person(), tense, isBare: true)
    let second = action(person(), tense, isBare: true)
    guard first.verb.hasProgressive, second.verb.hasProgressive else { return nil }
    return Sentence(first.statement + link("while", "pendant que") + second.statement)
  }

  /// "I don't know where he lives." → "Je ne sais pas où il habite."
  private mutating func indirectQuestion() -> Sentence? {
    let (word, french) = pick([
      ("where", "où"), ("why", "pourquoi"), ("when", "quand"), ("how", "comment"), ("if", "si"),
    ])
    let tense: Tense = pick(word == "if" ? [.present, .past] : [.present, .presentProgressive, .past, .goingTo])
    var content: Clause
    if word == "where", chance(0.5) {
      content = clause(nounPhrase(in: "KAOVZWq", isDefinite: true), Composer.be, .present)
    } else {
      content = action(person(), tense, isBare: true)
      if word == "where" || word == "how" {
        content.complements.removeAll { if case .phrase = $0 { true } else { false } }
        guard
          !content.complements.isEmpty
            || content.verb.frames.contains(where: { $0.isEmpty || $0.first?.classes.hasPrefix("@") == true })
        else { return nil }
        if word == "how", content.verb.isStative { return nil }
      }
    }
    let isQuestion = chance(0.3)
    let asker = isQuestion ? pronounPhrase(.you) : chance(0.5) ? pronounPhrase(.i) : person()
    let (english, frenchVerb) =
      isQuestion || word == "if"
      ? ("know/knew/known", "savoir")
      : pick([
        ("know/knew/known", "savoir"), ("know/knew/known", "savoir"), ("wonder", "se demander"),
        ("understand/understood/understood", "comprendre"),
      ])
    guard english.hasPrefix("know") || word == "why" || english == "wonder" else { return nil }
    var main = clause(asker, Verb(english: english, french: frenchVerb, flags: ["state"]), .present)
    if !isQuestion, english != "wonder" { main.polarity = polarity(.present, word == "if" ? 1 : 0.6) }
    let rest = link(word, french) + content.statement
    return isQuestion ? Sentence(question(main) + rest, .question) : Sentence(main.statement + rest)
  }

  /// "If it rains, I will stay at home."
  private mutating func ifFuture() -> Sentence? {
    let condition =
      chance(0.35)
      ? weather(.present) : chance(0.4) ? having(person(), .present) : action(person(), .present, isBare: true)
    let result = action(person(), .future, polarity: polarity(.future), isBare: true)
    return chance(0.5)
      ? Sentence(link("if", "si") + condition.statement + comma() + result.statement)
      : Sentence(result.statement + link("if", "si") + condition.statement)
  }

  /// "If I had money, I would buy a car." → "Si j'avais de l'argent, j'achèterais une voiture."
  private mutating func ifConditional() -> Sentence? {
    let subject = pronounPhrase(personPronoun())
    guard let pronoun = subject.pronoun else { return nil }
    let have = pick(lexicon.verbs.filter { $0.flags.contains("own") })
    let condition: Clause
    if chance(0.6) {
      condition = action(subject, .past, isBare: true, verb: have)
    } else if let described = description(subject, .past, allowsOthers: false) {
      condition = described
    } else {
      return nil
    }
    let result = action(pronounPhrase(pronoun), .conditional, polarity: polarity(.conditional, 0.1), isBare: true)
    return Sentence(link("if", "si") + condition.statement + comma() + result.statement)
  }

  /// "I think that she is tired."
  private mutating func that() -> Sentence? {
    let thinkers: [(String, String)] = [
      ("think/thought/thought", "penser"), ("know/knew/known", "savoir"), ("believe", "croire"), ("hope", "espérer"),
      ("say/said/said", "dire"), ("forget/forgot/forgotten", "oublier"), ("be/was/been sure", "être"),
    ]
    let (english, french) = pick(thinkers)
    let isEvent = english.hasPrefix("say") || english.hasPrefix("forget")
    let subject = person()
    var main: Clause
    let isPast = chance(0.3) && french != "espérer"
    if french == "être" {
      main = clause(subject, Composer.be, isPast ? .past : .present)
      let sure = Adjective(["-sure", "sûr", "p", "P"])
      main.complements = [.phrase(adjectivePhrase(sure, subject.agreement))]
    } else {
      main = clause(
        subject, Verb(english: english, french: french, flags: isEvent ? ["state2"] : ["state"]),
        isPast ? .past : .present)
    }
    let other = person()
    let content: Clause?
    let choice = random.uniformDouble()
    if isPast {
      content =
        choice < 0.4
        ? description(other, .past, allowsOthers: false)
        : choice < 0.6 ? having(other, .past) : action(other, .pastPerfect, isBare: true)
    } else if choice < 0.3 {
      content = description(other, .present, allowsOthers: false)
    } else if choice < 0.45 {
      content = having(other, .present)
    } else if choice < 0.6 {
      content = weather(pick([.future, .goingTo, .presentProgressive]))
    } else {
      content = action(other, pick([.future, .present, .presentProgressive, .goingTo]), isBare: true)
    }
    guard let content, let stated = Optional(content.statement) else { return nil }
    if french == "espérer", content.tense != .future { return nil }
    let drops = chance(0.4) && !english.hasPrefix("forget")
    let idea = newIdea()
    return Sentence(
      main.statement
        + Phrase(
          english: (drops ? [] : [Word("that", [idea])]) + stated.english, french: [Word("que", [idea])] + stated.french
        ))
  }

  /// "It was raining, so we stayed at home." → "donc"
  private mutating func soClause() -> Sentence? {
    let cause = chance(0.5) ? weather(.pastProgressive) : having(person(), .past)
    let effect = action(
      later(cause.subject).map { pronounPhrase($0) }.flatMap { $0.isPerson ? $0 : nil } ?? person(), .past,
      polarity: polarity(.past), isBare: true)
    return Sentence(cause.statement + comma() + link("so", "donc") + effect.statement)
  }

  /// "He opened the door and went out."; "I like tea, but I prefer coffee."
  private mutating func coordinated() -> Sentence? {
    let tense: Tense = pick([.past, .past, .present, .future])
    let subject = person()
    let first = action(subject, tense, isBare: true)
    guard first.tense == tense else { return nil }
    if chance(0.5) {
      guard let pronoun = later(subject) else { return nil }
      let isBut = chance(0.5)
      var second = action(chance(0.6) ? pronounPhrase(pronoun) : person(), tense, isBare: true)
      if isBut { second.polarity = .not }
      return Sentence(first.statement + comma() + link(isBut ? "but" : "and", isBut ? "mais" : "et") + second.statement)
    }
    let second = action(subject, tense, isBare: true)
    guard second.tense == tense, second.polarity == .affirmative, !second.verb.isStative, !first.verb.isStative else {
      return nil
    }
    // One subject for both verbs in English; French repeats only what it must.
    let dropped = second.english(relative: true)
    let subjectCount = subject.french.count
    let english = tense == .future ? Array(dropped.dropFirst()) : dropped
    let french = Array(second.french().dropFirst(subjectCount))
    return Sentence(first.statement + link("and", "et") + Phrase(english: english, french: french))
  }
}

extension Clause {
  /// The same in the past or the present.
  func withTense(isPast: Bool) -> Clause? {
    guard let chain, !chain.0.isModal else { return nil }
    guard chain.0.tenses.contains(isPast ? .past : .present), tense == (isPast ? .past : .present) else { return nil }
    return self
  }
}
