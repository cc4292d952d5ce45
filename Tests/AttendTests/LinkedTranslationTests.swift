import Attend
import AttendBase
import Testing

@Suite struct LinkedTranslationTests {
  private static let line =
    "I love deep learning.\tJ'adore l'apprentissage profond.\tI love deep learning .\tJ' adore l' apprentissage profond ."

  @Test func readsWordsAndLinks() throws {
    let pair = try LinkedTranslation(line: Self.line + "\t0-0 1-1 3-3 2-4 4-5 3-2 2-2", place: "here")
    #expect(pair.source == "I love deep learning.")
    #expect(pair.targetWords == ["J'", "adore", "l'", "apprentissage", "profond", "."])
    #expect(pair.links == [[0], [1], [2, 3], [3], [2], [4]])
  }

  @Test(arguments: [
    "", "one\tun", line + "\t0-0 x", line + "\t0-0 1", line + "\t5-0", line + "\t0-6", line + "\t-1-0",
    "the cats\tles chats\tthe cat\tles chats\t0-0",
  ])
  func refusesWhatIsDamaged(line: String) {
    let error = #expect(throws: AttendError.self) { try LinkedTranslation(line: line, place: "line 7") }
    #expect(error?.code == .damagedFile && error?.message.hasPrefix("line 7: ") == true)
  }

  /// A piece belongs to the word of its first character, whatever bytes it is cut at.
  @Test func piecesBelongToTheWordTheyBeginIn() {
    let text = "J'ai été là"
    let words = ["J'", "ai", "été", "là"]
    let bytes = Array(text.utf8)
    func pieces(_ cuts: [Int]) -> [[UInt8]] {
      zip([0] + cuts, cuts + [bytes.count]).map { Array(bytes[$0..<$1]) }
    }
    #expect(LinkedTranslation.words(words, of: pieces([2, 4, 10])) == [0, 1, 2, 3])
    // Half a character, a space alone, two words in one piece.
    #expect(LinkedTranslation.words(words, of: pieces([1, 6, 10, 11])) == [0, 0, 2, nil, 3])
    #expect(LinkedTranslation.words(words, of: []) == [])
    // More bytes than the words have belong to none.
    #expect(LinkedTranslation.words(["a"], of: [[0x61], [0x62]]) == [0, nil])
  }
}
