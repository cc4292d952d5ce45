import AttendBase

/// A training set and a held-out set of the grammar, disjoint by sentence.
public struct Corpus: Sendable {
  public let training: [Pair]
  public let heldOut: [Pair]

  /// Sentences that the project shows and tests: never in the training set, whatever their case and punctuation.
  public static let shown: [String] = [
    "I love deep learning", "the cat sat on the mat", "she drove the car because it was raining",
    "I deposited money in the bank", "he sat by the river bank",
    "the animal did not cross the street because it was too tired",
    "the animal did not cross the street because it was too wide", "the cat sat", "my brother is reading a book",
    "where do you live?", "I would like a glass of water", "there are two cats in the garden", "I miss my mother",
    "attention is all you need", "my name is Zorblax",
  ]

  /// - Parameters:
  ///   - seed: the same seed gives the same corpus.
  ///   - count: pairs to train on.
  ///   - heldOutCount: pairs to test on; one sentence in `period` is set aside for them by its hash.
  public static func generate(seed: UInt64, count: Int, heldOutCount: Int, period: UInt64 = 40) -> Corpus {
    let hidden = Set(shown.map { $0.lowercased() })
    var training: [Pair] = []
    var heldOut: [Pair] = []
    var seen: Set<String> = []
    var heldOutKeys: Set<String> = []
    // Expressions are learned by heart: none is held out, in whatever dress.
    var expressions: Set<String> = []
    var heldOutTexts: Set<String> = []
    var stream: UInt64 = 0
    training.reserveCapacity(count)
    while training.count < count || heldOut.count < heldOutCount {
      var composer = Composer(seed: seed, stream: stream)
      stream += 1
      let sentence = composer.sentence()
      let pair = composer.spell(sentence, composer.style())
      guard !hidden.contains(pair.key) else { continue }
      let bare = pair.english.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " }
      if sentence.isExpression {
        guard training.count < count, !heldOutTexts.contains(bare) else { continue }
        expressions.insert(bare)
        training.append(pair)
      } else if hash(pair.key) % period == 0 {
        guard heldOut.count < heldOutCount, !expressions.contains(bare), heldOutKeys.insert(pair.key).inserted else {
          continue
        }
        heldOutTexts.insert(bare)
        heldOut.append(pair)
      } else if training.count < count, seen.insert(pair.english).inserted {
        training.append(pair)
      }
    }
    return Corpus(training: training, heldOut: heldOut)
  }

  /// FNV-1a, 64 bits.
  private static func hash(_ text: String) -> UInt64 {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return value ^ value >> 29
  }
}
