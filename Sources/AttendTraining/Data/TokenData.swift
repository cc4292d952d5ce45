/// A stream of tokens in blocks of one length, for language models: each token of a block predicts the next one.
///
/// Blocks start at every position (``Placement/anywhere``, to be drawn at random) or one after the other.
public struct TokenBlocks: DataSet {
  public enum Placement: Sendable {
    /// Block `i` starts at token `i`.
    case anywhere
    /// Block `i` starts at token `i · blockSize`; the last one may be shorter.
    case sideBySide
  }

  public let tokens: [Int32]
  /// Predictions per block.
  public let blockSize: Int
  public let placement: Placement
  public let count: Int

  /// - Parameter blockSize: 1 or more. A stream with fewer than two tokens, or for `.anywhere` than `blockSize + 1`,
  ///   has no blocks.
  public init(_ tokens: [Int32], blockSize: Int, placement: Placement) {
    self.tokens = tokens
    self.blockSize = blockSize
    self.placement = placement
    switch placement {
    case .anywhere: count = max(tokens.count - blockSize, 0)
    case .sideBySide: count = tokens.count < 2 ? 0 : (tokens.count - 2) / blockSize + 1
    }
  }

  /// One token more than there are predictions.
  public subscript(index: Int) -> ArraySlice<Int32> {
    let start = placement == .anywhere ? index : index * blockSize
    return tokens[start..<min(start + blockSize + 1, tokens.count)]
  }

  public func length(_ index: Int) -> Int {
    placement == .anywhere ? blockSize : min(blockSize, tokens.count - 1 - index * blockSize)
  }
}

/// Sequences of their own, such as the lines of a file: no token sees another line.
public struct TokenLines: DataSet {
  private let lines: RaggedTokens

  /// - Parameter lines: each with two tokens or more.
  public init(_ lines: [[Int32]]) { self.lines = RaggedTokens(lines) }

  public var count: Int { lines.count }
  public subscript(index: Int) -> ArraySlice<Int32> { lines[index] }
  public func length(_ index: Int) -> Int { max(lines[index].count - 1, 0) }
}

/// Source and target sequences, such as sentences and their translations.
public struct TokenPairs: DataSet {
  public struct Pair: Sendable {
    public let source, target: ArraySlice<Int32>
  }

  private let sources, targets: RaggedTokens

  /// - Parameters:
  ///   - sources: as the encoder sees them.
  ///   - targets: without the start token and the end token that a decoder adds.
  public init(sources: [[Int32]], targets: [[Int32]]) {
    precondition(sources.count == targets.count, "one target for each source")
    self.sources = RaggedTokens(sources)
    self.targets = RaggedTokens(targets)
  }

  public var count: Int { sources.count }
  public subscript(index: Int) -> Pair { Pair(source: sources[index], target: targets[index]) }
  /// Tokens of both sides, the end of the target included.
  public func length(_ index: Int) -> Int { sources[index].count + targets[index].count + 1 }
}

/// Many short sequences in one array: an array each would take several times the memory.
struct RaggedTokens: Sendable {
  private var tokens: [Int32] = []
  private var ends: [Int] = []

  init(_ sequences: [[Int32]]) {
    tokens.reserveCapacity(sequences.reduce(0) { $0 + $1.count })
    ends.reserveCapacity(sequences.count)
    for sequence in sequences {
      tokens += sequence
      ends.append(tokens.count)
    }
  }

  var count: Int { ends.count }
  subscript(index: Int) -> ArraySlice<Int32> { tokens[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }
}
