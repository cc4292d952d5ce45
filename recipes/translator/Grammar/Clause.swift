/// What follows a verb.
package enum Complement: Sendable {
  case direct(NounPhrase)
  case prepositional(english: [Word], french: [Word], NounPhrase)
  /// A pronoun that French puts before the verb.
  case pronoun(Pronoun, isDirect: Bool, englishPreposition: String?, idea: Int)
  /// Place, time, manner, predicate: the same place in both languages.
  case phrase(Phrase)
  /// Said in one language only: the other says it elsewhere.
  case englishOnly([Word])
}

package enum Polarity: Sendable, Equatable {
  case affirmative, not
  /// Instead of "pas": "never" → "jamais", "no longer" → "plus".
  case other(english: String, french: String)
  /// "Nothing" → "rien": an object in English.
  case nothing
  /// The subject is negative already: "nobody" → "personne ne".
  case negativeSubject

  /// "Not … anymore" → "plus".
  package static let notAnymore = Polarity.other(english: "not", french: "plus")

  package var isNegative: Bool { self != .affirmative }
}

/// A verb before the verb: "can", "want to", "have to".
package struct Chain: Sendable {
  package let english: EnglishVerb
  /// "Can" and its like: no ending, no "to", negated by themselves.
  package let isModal: Bool
  package let englishRest: [String]
  package let french: FrenchVerb
  package let frenchRest: [String]
  /// "Should", "would like": French uses the conditional.
  package let frenchTense: Tense?
  package let allowsNegation: Bool
  package let tenses: [Tense]
  /// "Like reading", not "like to read".
  package var takesGerund = false
}

/// One clause, written in both languages at once.
package struct Clause: Sendable {
  package var subject: NounPhrase
  /// Another subject in French: "I miss you" → "vous me manquez".
  package var frenchSubject: NounPhrase?
  package var verb: Verb
  package var verbIdea: Int
  package var negationIdea: Int
  package var tense: Tense = .present
  package var polarity: Polarity = .affirmative
  package var chain: (Chain, idea: Int)?
  /// Between subject and verb in English, after the finite verb in French.
  package var adverb: Phrase?
  /// Before the participle in French, at the end in English.
  package var earlyFrench: Phrase?
  package var complements: [Complement] = []
  /// English says who gets it before what it is: "give Anna a book".
  package var receiverComesFirst = false
  /// French clitics that have no word of their own in English ("y" of "il y a").
  package var frenchClitics: [Word] = []
  /// What a relative pronoun stands for as the direct object, so that the participle agrees with it.
  package var precedingObject: Agreement?
  /// Expressions with "to be" never become progressive and take the imperfect in the past.
  package var isStative: Bool { verb.isStative && (chain == nil) }
}

extension Clause {
  /// The subject's English verb agrees in person and number.
  private func englishForms(needsAuxiliary: Bool) -> (first: String?, rest: [String]) {
    let person = subject.englishPerson
    var number = subject.englishNumber
    if subject.pronoun == .i || subject.pronoun == .you { number = subject.pronoun == .you ? .plural : .singular }
    let tail =
      chain.map {
        ($0.0.isModal ? [] : $0.0.englishRest) + [$0.0.takesGerund ? verb.english.gerund : verb.english.base]
      } ?? []
    let main = chain?.0.english ?? verb.english
    let be = EnglishVerb("be/was/been")
    let have = EnglishVerb("have/had/had")
    if let chain, chain.0.isModal { return (main.base, chain.0.englishRest + [verb.english.base]) }
    switch tense {
    case .present:
      if main.base == "be" { return (main.present(person, number), tail) }
      if needsAuxiliary { return (EnglishVerb("do").present(person, number), [main.base] + tail) }
      return (nil, [main.present(person, number)] + tail)
    case .past:
      if main.base == "be" { return (main.past(person, number), tail) }
      if needsAuxiliary { return ("did", [main.base] + tail) }
      return (nil, [main.past(person, number)] + tail)
    case .presentProgressive: return (be.present(person, number), [main.gerund] + tail)
    case .pastProgressive: return (be.past(person, number), [main.gerund] + tail)
    case .presentPerfect: return (have.present(person, number), [main.participle] + tail)
    case .pastPerfect: return ("had", [main.participle] + tail)
    case .future: return ("will", [main.base] + tail)
    case .goingTo: return (be.present(person, number), ["going", "to", main.base] + tail)
    case .conditional: return ("would", [main.base] + tail)
    case .usedTo: return (nil, ["used", "to", main.base] + tail)
    }
  }

  /// - Parameter asQuestion: the first auxiliary goes before the subject.
  package func english(asQuestion: Bool = false, relative: Bool = false) -> [Word] {
    let isNot = polarity == .not || polarity == .notAnymore
    let (first, rest) = englishForms(needsAuxiliary: asQuestion || isNot)
    let verbIdeas = chain.map { [$0.idea] } ?? [verbIdea]
    let firstWords = first.map { [Word($0, verbIdeas)] } ?? []
    var negation: [Word] = []
    if isNot { negation = [Word("not", [negationIdea])] }
    if !isNot, case .other(let english, _) = polarity {
      negation = english.split(separator: " ").map { Word(String($0), [negationIdea]) }
    }
    var restWords = rest.map { Word($0, verbIdeas) }
    // With a chain the last word is the verb itself.
    if chain != nil, !restWords.isEmpty { restWords[restWords.count - 1].ideas = [verbIdea] }
    let subjectWords = relative ? [] : subject.english
    var words = asQuestion ? firstWords + subjectWords : subjectWords + firstWords
    words += negation + (adverb?.english ?? []) + restWords
    words += verb.englishParticle.map { Word($0, [verbIdea]) }
    if polarity == .nothing { words.append(Word("nothing", [negationIdea])) }
    var ordered = complements
    if receiverComesFirst, ordered.count > 1 { ordered.swapAt(0, 1) }
    for (place, complement) in ordered.enumerated() {
      let isReceiver = receiverComesFirst && place == 0
      switch complement {
      case .direct(let phrase): words += phrase.english
      case .prepositional(let preposition, _, let phrase): words += (isReceiver ? [] : preposition) + phrase.english
      case .pronoun(let pronoun, _, let preposition, let idea):
        if let preposition, !isReceiver { words.append(Word(preposition, [idea])) }
        words.append(Word(pronoun.english.object, [idea]))
      case .phrase(let phrase): words += phrase.english
      case .englishOnly(let only): words += only
      }
    }
    words += earlyFrench?.english ?? []
    return polarity == .notAnymore ? words + [Word("anymore", [negationIdea])] : words
  }

  /// How a French question begins.
  package enum FrenchForm { case statement, inverted, relative }

  package func french(_ form: FrenchForm = .statement) -> [Word] {
    let subject = frenchSubject ?? subject
    let agreement = subject.agreement
    let clitics = frenchCliticWords(agreement)
    let ownParticiple: Agreement? =
      verb.french.usesEtre ? agreement : directCliticAgreement ?? precedingObject
    var finite: String
    var participle: [Word] = []
    var infinitive: [Word] = []
    let french = chain?.0.french ?? verb.french
    let finiteIdea = chain?.idea ?? verbIdea
    let isStativeHere = chain == nil ? verb.isStative : true
    switch chain?.0.frenchTense ?? tense {
    case .present, .presentProgressive: finite = french.present(agreement)
    case .past where isStativeHere: finite = french.imperfect(agreement)
    case .pastProgressive, .usedTo: finite = french.imperfect(agreement)
    case .past, .presentPerfect, .pastPerfect:
      let auxiliary = FrenchVerb(french.usesEtre ? "être" : "avoir")
      finite = tense == .pastPerfect ? auxiliary.imperfect(agreement) : auxiliary.present(agreement)
      participle = [
        Word(french.participle(agreeingWith: chain == nil ? ownParticiple : nil), [finiteIdea])
      ]
    case .future: finite = french.future(agreement)
    case .goingTo:
      finite = FrenchVerb("aller").present(agreement)
      infinitive = [Word(french.infinitive, [finiteIdea])]
    case .conditional: finite = french.conditional(agreement)
    }
    if let chain {
      infinitive += chain.0.frenchRest.map { Word($0, [chain.idea]) }
    }
    // Clitics stand before the infinitive when there is one, else before the finite verb.
    var before: [Word] = []
    if chain != nil {
      infinitive += clitics + [Word(verb.french.infinitive, [verbIdea])]
    } else if !infinitive.isEmpty {
      infinitive = clitics + infinitive
    } else {
      before = clitics
    }
    var words = form == .statement ? subject.french : []
    if polarity.isNegative { words.append(Word("ne", [negationIdea])) }
    words += before + [Word(finite, [finiteIdea])]
    if form == .inverted, let pronoun = subject.french.last {
      let startsWithVowel = FrenchSound.beginsWithVowel(pronoun.text)
      let link = startsWithVowel && ["a", "e"].contains(String(finite.last ?? "t")) ? "-t-" : "-"
      words.append(Word(link + pronoun.text, pronoun.ideas))
    }
    switch polarity {
    case .affirmative, .negativeSubject: break
    case .not: words.append(Word("pas", [negationIdea]))
    case .other(_, let french): words.append(Word(french, [negationIdea]))
    case .nothing: words.append(Word("rien", [negationIdea]))
    }
    words += adverb?.french ?? []
    // "J'ai bien aimé": this adverb of a verb stands before the participle.
    let isEarly = verb.frenchParticle == ["bien"] && !(participle.isEmpty && infinitive.isEmpty)
    let early = (earlyFrench?.french ?? []) + (isEarly ? frenchParticleWords : [])
    words += participle.isEmpty && infinitive.isEmpty ? [] : early
    words += participle + infinitive
    words += isEarly ? [] : frenchParticleWords
    words += participle.isEmpty && infinitive.isEmpty ? early : []
    return words + frenchComplements()
  }

  /// The infinitive with what belongs to it, after "to".
  package func infinitive(_ agreement: Agreement) -> Phrase {
    var bare = self
    bare.adverb = nil
    var english = [Word(verb.english.base, [verbIdea])] + verb.englishParticle.map { Word($0, [verbIdea]) }
    bare.subject.english = []
    bare.chain = nil
    bare.polarity = .affirmative
    let clause = bare.english(relative: true)
    // The finite verb and its particle lead; the rest is what follows them.
    english += clause.dropFirst(1 + verb.englishParticle.count)
    var french = frenchCliticWords(agreement) + [Word(verb.french.infinitive, [verbIdea])]
    french += bare.frenchParticleWords
    french += earlyFrench?.french ?? []
    return Phrase(english: english, french: french + frenchComplements())
  }

  /// A command to "vous".
  package func imperative() -> Phrase {
    var words: [Word] = []
    let clitics = frenchCliticWords(Pronoun.you.agreement)
    let form = Word(verb.french.imperative, [verbIdea])
    if polarity == .not {
      words = [Word("ne", [negationIdea])] + clitics + [form, Word("pas", [negationIdea])]
    } else {
      words = [form] + clitics.map { Word("-" + ($0.text == "me" ? "moi" : $0.text), $0.ideas) }
    }
    words += frenchParticleWords + (earlyFrench?.french ?? []) + frenchComplements()
    let infinitive = infinitive(Pronoun.you.agreement)
    let negation = polarity == .not ? [Word("do", [negationIdea]), Word("not", [negationIdea])] : []
    return Phrase(english: negation + infinitive.english, french: words)
  }

  /// Fixed words after the verb; an article gives way to "de" after a negation (pas de douche).
  private var frenchParticleWords: [Word] {
    verb.frenchParticle.map { word in
      let isArticle = ["un", "une", "du"].contains(word)
      return Word(polarity.isNegative && isArticle ? "de" : word, [verbIdea])
    }
  }

  private var directCliticAgreement: Agreement? {
    for case .pronoun(let pronoun, true, _, _) in complements { return pronoun.agreement }
    return nil
  }

  /// Reflexive and object pronouns in French order.
  private func frenchCliticWords(_ agreement: Agreement) -> [Word] {
    var words: [Word] = []
    if verb.french.isReflexive {
      words.append(Word(["me", "te", "se", "nous", "vous", "se"][agreement.row], [verbIdea]))
    }
    words += frenchClitics
    var direct: Word?
    var indirect: Word?
    for case .pronoun(let pronoun, let isDirect, _, let idea) in complements {
      if isDirect {
        direct = Word(pronoun.french.direct, [idea])
      } else {
        indirect = Word(pronoun.french.indirect, [idea])
      }
    }
    // me le, vous la, but le lui, les leur.
    if let indirect, let direct {
      words += ["lui", "leur"].contains(indirect.text) ? [direct, indirect] : [indirect, direct]
    } else {
      words += [direct, indirect].compactMap { $0 }
    }
    return words
  }

  private func frenchComplements() -> [Word] {
    var words: [Word] = []
    let isNegative = polarity.isNegative && verb.french.infinitive != "être"
    for complement in complements {
      switch complement {
      case .direct(let phrase):
        words += isNegative ? phrase.frenchAfterNegation ?? phrase.french : phrase.french
      case .prepositional(_, let preposition, let phrase):
        words += preposition
        words += preposition.last?.text == "de" ? phrase.frenchAfterDe ?? phrase.french : phrase.french
      case .pronoun, .englishOnly: break
      case .phrase(let phrase): words += phrase.french
      }
    }
    return words
  }
}
