/// A subject or an object in both languages.
package struct NounPhrase: Sendable {
  package var english: [Word]
  package var french: [Word]
  /// After a negated verb or "de" of quantity: "un", "du" and "des" become "de" alone.
  package var frenchAfterNegation: [Word]?
  /// After the preposition "de": a partitive or plural article disappears (besoin de pain).
  package var frenchAfterDe: [Word]?
  /// What French words agree with.
  package var agreement: Agreement
  package var englishNumber: GrammaticalNumber
  package var englishPerson: Person { agreement.person }
  /// Set for personal pronouns.
  package var pronoun: Pronoun?
  /// The head noun, to refer to it again.
  package var noun: Noun?
  /// Definite or possessive: may be referred to by "it".
  package var isDefinite = false
  /// Persons are "he" or "she".
  package var isPerson = false

  /// The pronoun that takes its place later.
  package var laterPronoun: Pronoun {
    if let pronoun { return pronoun }
    if agreement.number == .plural || englishNumber == .plural {
      return englishNumber == .plural ? .those(agreement.gender) : .it(agreement.gender)
    }
    return isPerson ? (agreement.gender == .feminine ? .she : .he) : .it(agreement.gender)
  }
}

/// What stands before the noun.
package indirect enum Determiner: Sendable {
  case definite, indefinite
  case demonstrative(isNear: Bool)
  case possessive(Pronoun)
  case owner(NounPhrase)
  /// No article in English; "des", "du" in French.
  case bare
  /// No article in English, things in general; the definite article in French.
  case generic
  case some
  case number(english: String, french: String)
  case lots, few, many, several, tooMany, enough, every, all, any, no
}

extension Composer {
  /// A noun phrase with this head.
  package mutating func nounPhrase(
    _ noun: Noun, _ determiner: Determiner, _ number: GrammaticalNumber, adjectives: [(Adjective, isVery: Bool)] = []
  ) -> NounPhrase {
    // Those around us are "les gens", counted ones "personnes".
    if noun.name == "person", number == .plural, case .definite = determiner { return people() }
    // Glasses that are not counted are on a nose.
    if noun.name == "glasses" {
      switch determiner {
      case .definite, .possessive, .demonstrative, .owner: break
      default: return nounPhrase(noun, .definite, number, adjectives: adjectives)
      }
    }
    if noun.name == "glass", number == .plural {
      switch determiner {
      case .definite, .possessive, .demonstrative, .owner:
        guard let lenses = lexicon.nouns.first(where: { $0.name == "glasses" }) else { break }
        return nounPhrase(lenses, determiner, .plural, adjectives: adjectives.filter { $0.0.classes.contains("W") })
      default: break
      }
    }
    let nounIdea = newIdeas()
    let determinerIdea = newIdea()
    let frenchNumber: GrammaticalNumber = noun.isPluralInFrench ? .plural : noun.isPluralInEnglish ? .singular : number
    let englishNumber: GrammaticalNumber = noun.isPluralInEnglish ? .plural : number
    let agreement = Agreement(.third, noun.isPluralInFrench ? .plural : frenchNumber, noun.gender)

    // The noun with its adjectives, from right to left, since forms depend on what follows.
    var english =
      (noun.english[englishNumber == .plural && !noun.isPluralInEnglish ? .plural : .singular] ?? MarkedText(""))
      .words(from: nounIdea)
    var french =
      (noun.french[frenchNumber == .plural && !noun.isPluralInFrench ? .plural : .singular] ?? MarkedText(""))
      .words(from: nounIdea)
    var hasAdjectiveBefore = false
    for (adjective, isVery) in adjectives {
      let idea = newIdea()
      let veryIdea = newIdea()
      english = (isVery ? [Word("very", [veryIdea])] : []) + [Word(adjective.english, [idea])] + english
      let very = isVery ? [Word("très", [veryIdea])] : []
      if adjective.position == .before {
        let isBeforeVowel = FrenchSound.beginsWithVowel(french[0].text)
        let form = adjective.french.form(noun.gender, agreement.number, isBeforeVowel: isBeforeVowel)
        french = very + [Word(form, [idea])] + french
        hasAdjectiveBefore = true
      } else {
        french += very + [Word(adjective.french.form(noun.gender, agreement.number), [idea])]
      }
    }

    var result = NounPhrase(
      english: english, french: french, agreement: agreement, englishNumber: englishNumber, noun: noun)
    result.isPerson = noun.classes.contains("P") || noun.classes.contains("K")
    determine(&result, determiner, [determinerIdea], hasAdjectiveBefore)
    return result
  }

  /// Puts the determiner before `phrase`.
  private mutating func determine(
    _ phrase: inout NounPhrase, _ determiner: Determiner, _ idea: [Int], _ hasAdjectiveBefore: Bool
  ) {
    let isPlural = phrase.agreement.number == .plural
    let gender = phrase.agreement.gender
    let nounIdeas = phrase.french[0].ideas
    let beforeVowel = FrenchSound.beginsWithVowel(phrase.french[0].text)
    func article(_ ideas: [Int]) -> Word {
      Word(isPlural ? "les" : gender == .feminine ? "la" : "le", ideas, isArticle: true)
    }
    func both(_ english: String, _ french: [Word]) {
      phrase.english = [Word(english, idea)] + phrase.english
      phrase.french = french + phrase.french
    }
    func quantity(_ english: String, _ french: String) {
      phrase.english = english.split(separator: " ").map { Word(String($0), idea) } + phrase.english
      phrase.french = french.split(separator: " ").map { Word(String($0), idea) } + phrase.french
    }
    switch determiner {
    case .definite:
      both("the", [article(idea)])
      phrase.isDefinite = true
    case .possessive(let owner):
      let possessive = owner.frenchPossessive(gender, phrase.agreement.number, beforeVowel: beforeVowel)
      both(owner.english.possessive, [Word(possessive, idea)])
      phrase.isDefinite = true
    case .demonstrative(let isNear):
      let english = phrase.englishNumber == .plural ? (isNear ? "these" : "those") : (isNear ? "this" : "that")
      both(english, [Word(isPlural ? "ces" : gender == .feminine ? "cette" : beforeVowel ? "cet" : "ce", idea)])
      phrase.isDefinite = true
    case .owner(let owner):
      var english = owner.english
      english[english.count - 1].text +=
        english[english.count - 1].text.hasSuffix("s") && owner.englishNumber == .plural ? "'" : "'s"
      english[english.count - 1].ideas += idea
      phrase.english = english + phrase.english
      phrase.french = [article(nounIdeas)] + phrase.french + [Word("de", idea)] + owner.french
      phrase.isDefinite = true
    case .indefinite:
      let bare = phrase.french
      let english = EnglishSpelling.beginsWithVowel(phrase.english[0].text) ? "an" : "a"
      let few = hasAdjectiveBefore ? "de" : "des"
      if phrase.englishNumber == .plural {  // "pants", "glasses"
        phrase.french = [Word(isPlural ? few : gender == .feminine ? "une" : "un", nounIdeas)] + bare
      } else {
        both(english, [Word(isPlural ? few : gender == .feminine ? "une" : "un", idea)])
      }
      phrase.frenchAfterNegation = [Word("de", idea)] + bare
      if isPlural { phrase.frenchAfterDe = bare }
    case .bare, .some, .any:
      let bare = phrase.french
      var ideas = nounIdeas
      if case .some = determiner {
        phrase.english = [Word("some", idea)] + phrase.english
        ideas = idea
      }
      if case .any = determiner {
        phrase.english = [Word("any", idea)] + phrase.english
        ideas = idea
      }
      if phrase.noun?.kind == .counted, !isPlural {  // "pants", "stairs": one thing in French
        phrase.french = [Word(gender == .feminine ? "une" : "un", ideas)] + bare
      } else if isPlural {
        phrase.french = [Word(hasAdjectiveBefore ? "de" : "des", ideas)] + bare
      } else {
        phrase.french = [Word("de", ideas), article(ideas)] + bare
      }
      phrase.frenchAfterNegation = [Word("de", ideas)] + bare
      phrase.frenchAfterDe = bare
    case .generic:
      phrase.french = [article(nounIdeas)] + phrase.french
      phrase.isDefinite = true
    case .number(let english, let french):
      both(english, [Word(french, idea)])
    case .lots: quantity("a lot of", "beaucoup de")
    case .many: quantity(phrase.englishNumber == .plural ? "many" : "much", "beaucoup de")
    case .tooMany: quantity(phrase.englishNumber == .plural ? "too many" : "too much", "trop de")
    case .enough: quantity("enough", "assez de")
    case .few: quantity("a few", "quelques")
    case .several: quantity("several", "plusieurs")
    case .every: quantity("every", "chaque")
    case .all:
      phrase.english = [Word("all", idea), Word("the", idea)] + phrase.english
      phrase.french = [Word(gender == .feminine ? "toutes" : "tous", idea), article(idea)] + phrase.french
      phrase.isDefinite = true
    case .no: quantity("no", "de")
    }
  }

  /// A personal pronoun as a subject.
  package mutating func pronounPhrase(_ pronoun: Pronoun) -> NounPhrase {
    let idea = [newIdea()]
    var phrase = NounPhrase(
      english: [Word(pronoun.english.subject, idea)], french: [Word(pronoun.french.subject, idea)],
      agreement: pronoun.agreement, englishNumber: pronoun.agreement.number, pronoun: pronoun)
    switch pronoun {
    case .it, .those: break
    default: phrase.isPerson = true
    }
    return phrase
  }

  /// A name that both languages write alike.
  package mutating func namePhrase(_ name: String, _ gender: Gender) -> NounPhrase {
    let idea = newIdea()
    var phrase = NounPhrase(
      english: [Word(name, [idea])], french: [Word(name, [idea])], agreement: Agreement(.third, .singular, gender),
      englishNumber: .singular)
    phrase.isPerson = true
    return phrase
  }
}
