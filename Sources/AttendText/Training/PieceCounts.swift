/// How often each piece of text occurs, the whole of what training a tokenizer needs to know of its corpus.
struct PieceCounts: Sendable {
  private(set) var counts: [[UInt8]: Int] = [:]

  /// Longer pieces are no words (encoded pictures, rules drawn with dashes); they would cost much time and teach
  /// nothing, so they do not count.
  static let longestPiece = 1024

  mutating func add(_ piece: some Collection<UInt8>) {
    guard !piece.isEmpty, piece.count <= PieceCounts.longestPiece else { return }
    counts[Array(piece), default: 0] += 1
  }

  /// The pieces in the order of their bytes, so that nothing depends on the table's.
  func sorted() -> [(piece: [UInt8], count: Int)] {
    counts.map { (piece: $0.key, count: $0.value) }.sorted { $0.piece.lexicographicallyPrecedes($1.piece) }
  }
}
