/// Relative clauses and pronouns that point back.
extension Composer {
  /// "The man who lives here …", "the book that I bought …".
  mutating func relative() -> Sentence? {
    let isThing = chance(0.6)
    let noun = pick(lexicon.nouns(in: isThing ? pick(Array("OVWRFTZ")) : "P"))
    guard noun.kind == .counted, !noun.isPluralInEnglish, noun.classes != ["K"] else { return nil }
    let number: GrammaticalNumber = chance(0.2) ? .plural : .singular
    var head = nounPhrase(noun, chance(0.85) ? .definite : .demonstrative(isNear: chance(0.5)), number)
    let idea = newIdea()
    if isThing {
      let classes = noun.classes
      let verbs = lexicon.verbs.filter { verb in
        verb.subjects.contains("P") && verb.frenchParticle.isEmpty && !verb.flags.contains("fixed")
          && verb.frames.contains {
            $0.count == 1 && $0[0].french == nil && !$0[0].classes.hasPrefix("@")
              && !Set($0[0].classes).isDisjoint(with: classes)
          }
      }
      guard !verbs.isEmpty else { return nil }
      let verb = pick(verbs)
      let tense = allowed(
        weighted([(.past, 0.55), (.present, 0.2), (.presentProgressive, 0.15), (.presentPerfect, 0.1)]), verb)
      var inner = clause(person(), verb, tense)
      inner.precedingObject = head.agreement
      let dropsThat = chance(0.35)
      if chance(0.25), tense == .past { inner.complements = [.phrase(phrase("yesterday", "hier"))] }
      head.english += (dropsThat ? [] : [Word("that", [idea])]) + inner.english()
      head.french += [Word("que", [idea])] + inner.french()
    } else {
      var who = head
      let tense: Tense = weighted([(.present, 0.35), (.past, 0.35), (.presentProgressive, 0.2), (.future, 0.1)])
      who.english = [Word("who", [idea])]
      who.french = [Word("qui", [idea])]
      let inner = action(who, tense, isBare: true)
      head.english += inner.english()
      head.french += inner.french()
    }
    switch random.next() % 3 {
    case 0:
      guard let clause = description(head, pick([.present, .past]), allowsOthers: false) else { return nil }
      return Sentence(clause.statement)
    case 1 where !isThing:
      return Sentence(action(head, pick([.past, .present]), isBare: true).statement)
    default:
      let verbs =
        isThing
        ? [
          "see/saw/seen|voir|P|0|state2", "like|aimer|P|0|state", "look for|chercher|P|0|",
          "find/found/found|trouver|P|0|",
        ]
        : [
          "see/saw/seen|voir|P|0|state2", "know/knew/known|connaître|P|0|state", "meet/met/met|rencontrer|P|0|",
          "talk to|parler|P|0|",
        ]
      let text = pick(verbs)
      let verb = Verb(text.split(separator: "|", omittingEmptySubsequences: false).map(String.init))
      var main = clause(person(), verb, allowed(pick([.present, .past, .past]), verb))
      main.polarity = polarity(main.tense, 0.12)
      main.complements =
        verb.french.infinitive == "parler"
        ? [.prepositional(english: [], french: [Word("à", [main.verbIdea])], head)] : [.direct(head)]
      return Sentence(main.statement)
    }
  }

  /// "The car is old, but I like it."; "The dog did not cross the street because it was too tired."
  mutating func reference() -> Sentence? { chance(0.5) ? objectAgain() : whichOne() }

  private mutating func objectAgain() -> Sentence? {
    let noun = pick(lexicon.nouns(in: pick(Array("OVWRFTPZ"))))
    guard noun.kind == .counted, noun.classes != ["K"], !["sun", "moon", "sky"].contains(noun.name) else { return nil }
    let thing = nounPhrase(
      noun, chance(0.6) ? .definite : .demonstrative(isNear: true), chance(0.8) ? .singular : .plural)
    let tense: Tense = chance(0.7) ? .present : .past
    guard let first = description(thing, tense, allowsOthers: false) else { return nil }
    let classes = noun.classes
    let verbs = lexicon.verbs.filter { verb in
      verb.subjects.contains("P") && verb.frenchParticle.isEmpty && !verb.flags.contains("fixed")
        && verb.frames.contains {
          $0.count == 1 && $0[0].french == nil && !$0[0].classes.hasPrefix("@")
            && !Set($0[0].classes).isDisjoint(with: classes)
        }
    }
    guard !verbs.isEmpty else { return nil }
    let verb = pick(verbs)
    var second = clause(person(), verb, allowed(pick(tense == .present ? [.present, .past, .goingTo] : [.past]), verb))
    guard second.subject.pronoun != .it(.masculine) else { return nil }
    if case .some(.they) = second.subject.pronoun { return nil }
    let isBut = chance(0.6)
    second.polarity = isBut ? polarity(second.tense, 0.5) : .affirmative
    second.complements = [.pronoun(thing.laterPronoun, isDirect: true, englishPreposition: nil, idea: newIdea())]
    return Sentence(
      first.statement + comma() + phrase(isBut ? "but" : "so", isBut ? "mais" : "donc") + second.statement)
  }

  /// What "it" means shows only in the adjective: an animal is tired, a street is wide.
  private mutating func whichOne() -> Sentence? {
    let animal = nounPhrase(pick(lexicon.nouns(in: "A")), .definite, .singular)
    let object: NounPhrase
    let verb: Verb
    let columns: String
    let kind = random.next() % 3
    if kind == 0 {
      columns = "cross|traverser|PA|0|"
      object = nounPhrase(pick(lexicon.nouns(in: "9")), .definite, .singular)
    } else if kind == 1 {
      columns = "eat/ate/eaten|manger|PA|0|"
      object = nounPhrase(pick(lexicon.nouns(in: pick(Array("MF")))), .definite, .singular)
    } else {
      columns = pick(["drink/drank/drunk|boire|A|0|", "look at|regarder|A|0|", "see/saw/seen|voir|A|0|state2"])
      object = nounPhrase(pick(lexicon.nouns(in: columns.hasPrefix("drink") ? "D" : "N")), .definite, .singular)
    }
    verb = Verb(columns.split(separator: "|", omittingEmptySubsequences: false).map(String.init))
    let isPast = chance(0.7)
    var main = clause(animal, verb, isPast ? .past : chance(0.5) ? .present : .future)
    main.polarity = polarity(main.tense, 0.6)
    main.complements = [.direct(object)]
    guard object.agreement.number == .singular else { return nil }
    let animalAdjectives = lexicon.adjectives.filter {
      $0.classes.contains("A") && $0.hasDegrees && $0.classes.isDisjoint(with: object.noun?.classes ?? [])
    }
    let objectAdjectives = lexicon.adjectives.filter {
      $0.hasDegrees && !$0.classes.contains("A") && !$0.classes.isDisjoint(with: object.noun?.classes ?? [])
    }
    let isAboutAnimal = objectAdjectives.isEmpty || chance(0.5)
    guard !animalAdjectives.isEmpty else { return nil }
    let adjective = pick(isAboutAnimal ? animalAdjectives : objectAdjectives)
    let agreement = isAboutAnimal ? animal.agreement : object.agreement
    let it = pronounPhrase(.it(agreement.gender))
    var why = clause(it, Composer.be, isPast ? .past : .present)
    let degree =
      chance(0.6) ? phrase("too", "trop") : chance(0.5) ? phrase("very", "très") : Phrase(english: [], french: [])
    why.complements = [.phrase(degree + adjectivePhrase(adjective, agreement, allowsDegree: false))]
    return Sentence(main.statement + phrase("because", "parce que") + why.statement)
  }
}
