/// A word of one side and the ideas it expresses; words of both sides that share an idea are aligned.
public struct Word: Sendable, Equatable {
  public var text: String
  public var ideas: [Int]
  /// An article contracts with the preposition before it (de + le = du); a pronoun of the same form doesn't.
  package var isArticle = false

  package init(_ text: String, _ ideas: [Int] = [], isArticle: Bool = false) {
    self.text = text
    self.ideas = ideas
    self.isArticle = isArticle
  }
}

/// The same thing said in both languages.
package struct Phrase: Sendable {
  package var english: [Word]
  package var french: [Word]

  package init(english: [Word], french: [Word]) {
    self.english = english
    self.french = french
  }

  package static func + (first: Phrase, second: Phrase) -> Phrase {
    Phrase(english: first.english + second.english, french: first.french + second.french)
  }
}

/// Text of a table with its alignment marks: words separated by spaces, each perhaps with `~n`.
package struct MarkedText: Sendable {
  package var words: [(text: String, mark: Int)]

  package init(_ text: some StringProtocol) {
    words = text.split(separator: " ").map { word in
      let parts = word.split(separator: "~")
      return (String(parts[0]), parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }
  }

  /// Words whose mark n expresses idea `first + n`.
  package func words(from first: Int) -> [Word] { words.map { Word($0.text, [first + $0.mark]) } }

  /// How many ideas to reserve.
  package static let ideasPerText = 8
}
