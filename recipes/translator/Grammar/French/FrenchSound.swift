/// How French words meet.
package enum FrenchSound {
  /// Whether `word` begins with the sound of a vowel, so that the word before it loses its own (l'arbre, l'homme).
  package static func beginsWithVowel(_ word: String) -> Bool {
    let word = word.lowercased()
    guard let first = word.first else { return false }
    if word == "y" || word == "en" { return true }
    // "le onze", "le oui"
    if word.hasPrefix("onz") || word == "oui" { return false }
    if first == "h" { return !aspirated.contains { word.hasPrefix($0) } }
    return "aàâeéèêëiîïoôœuùû".contains(first)
  }

  /// Words with an h that forbids elision.
  private static let aspirated = [
    "haricot", "héros", "hibou", "haut", "huit", "honte", "hasard", "hamster", "hugo", "hérisson", "homard",
    "hamburger",
    "harpe", "hockey", "hangar",
  ]

  /// Words that lose their last vowel before another vowel.
  private static let eliding: Set<String> = [
    "je", "me", "te", "se", "le", "la", "de", "ne", "que", "parce que", "pendant que", "est-ce que", "qu'est-ce que",
  ]

  /// Applies elision (je aime → j'aime), contraction (de le → du) and hyphens; each result is one word of the
  /// alignment. A word that ends in an apostrophe is written without a space after it.
  package static func join(_ words: [Word]) -> [Word] {
    var result: [Word] = []
    var index = 0
    while index < words.count {
      var word = words[index]
      let next = index + 1 < words.count ? words[index + 1] : nil
      index += 1
      if word.text.hasPrefix("-"), let last = result.last {
        result[result.count - 1].text = last.text + word.text
        result[result.count - 1].ideas += word.ideas
        continue
      }
      if let next, next.isArticle, let contracted = contraction(word.text, next, words.dropFirst(index + 1).first) {
        result.append(Word(contracted, word.ideas + next.ideas))
        index += 1
        continue
      }
      if let next {
        let lower = word.text.lowercased()
        let elides =
          eliding.contains(lower) && beginsWithVowel(next.text)
          || lower == "si" && (next.text == "il" || next.text == "ils")
          || lower == "ce" && ["est", "était", "étaient"].contains(next.text)
        if elides { word.text = word.text.dropLast() + "'" }
      }
      result.append(word)
    }
    return result
  }

  private static func contraction(_ preposition: String, _ article: Word, _ after: Word?) -> String? {
    switch (preposition, article.text) {
    case ("de", "les"): return "des"
    case ("à", "les"): return "aux"
    case ("de", "le"), ("à", "le"):
      if let after, beginsWithVowel(after.text) { return nil }
      return preposition == "de" ? "du" : "au"
    default: return nil
    }
  }
}
