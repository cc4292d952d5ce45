import AttendBase
import AttendTensor

/// The luggage of one pass through a model: where each sequence lies and starts, its cache, what to keep.
///
/// A batch is its sequences laid end to end: hidden states are `[tokens, width]`, nothing is padded.
public struct ForwardPass: Sendable {
  /// Rows of each sequence, in order and without gaps.
  public private(set) var sequences: [Range<Int>]
  /// Absolute position of every row, `[tokens]`.
  public private(set) var positions: [Int]
  /// Keys and values of each sequence, or empty for a pass without a cache.
  public var caches: [KeyValueCache]
  public let phase: Phase
  /// Rows whose outputs are wanted; nil for all. Generation asks for the last row of each sequence.
  public var outputRows: [Int]?
  /// Hidden states in the order of the reference implementation (embeddings, each block, final norm), when asked for.
  public private(set) var hiddenStates: [Tensor]?

  /// Watches attention; nil when nobody does.
  public var observer: AttentionObserver?
  /// Randomness of a training step; nil at inference.
  public var training: Training?
  /// Running statistics that layers computed anew in this pass, by full parameter name: the trainer puts them into the
  /// parameters after the step.
  public var statistics = Parameters()

  /// How many positions each sequence may come to.
  private var reaches: [Int]
  private var rotations: [Rotary: Rotary.Tables] = [:]

  /// A pass over whole sequences without a cache; position 0 is each sequence's first row.
  public init(lengths: [Int], keepsHiddenStates: Bool = false) {
    sequences = Self.ranges(lengths)
    positions = lengths.flatMap { Array(0..<$0) }
    reaches = lengths
    caches = []
    phase = .prompt
    hiddenStates = keepsHiddenStates ? [] : nil
  }

  /// A pass that continues each sequence where its cache ends. Hand the caches over rather than keep a copy: pages with
  /// two owners are copied before they are written.
  /// - Throws: `limit-exceeded` when there is no memory for the new positions.
  public init(
    continuing caches: consuming [KeyValueCache], lengths: [Int], phase: Phase, keepsHiddenStates: Bool = false
  ) throws {
    precondition(caches.count == lengths.count, "one length for each cache")
    // Before anything else refers to them: a page with two owners would be copied.
    for index in lengths.indices { try caches[index].reserve(lengths[index]) }
    sequences = Self.ranges(lengths)
    positions = zip(caches, lengths).flatMap { cache, length in Array(cache.length..<cache.length + length) }
    reaches = zip(caches, lengths).map { cache, length in cache.reach ?? cache.length + length }
    self.phase = phase
    hiddenStates = keepsHiddenStates ? [] : nil
    self.caches = caches
  }

  private static func ranges(_ lengths: [Int]) -> [Range<Int>] {
    var start = 0
    return lengths.map { length in
      defer { start += length }
      return start..<start + length
    }
  }

  /// Runs `body` over other sequences with the same luggage, without caches: the two halves of an encoder-decoder lie
  /// differently. Position 0 is each sequence's first row.
  public mutating func over<Result>(lengths: [Int], _ body: (inout ForwardPass) -> Result) -> Result {
    var outer = ForwardPass(lengths: lengths)
    swap(&outer.sequences, &sequences)
    swap(&outer.positions, &positions)
    swap(&outer.reaches, &reaches)
    swap(&outer.caches, &caches)
    swap(&outer.rotations, &rotations)
    defer {
      sequences = outer.sequences
      positions = outer.positions
      reaches = outer.reaches
      caches = outer.caches
      rotations = outer.rotations
    }
    return body(&self)
  }

  /// Counts the new positions of every cache as complete: call once, after the model's last layer.
  public mutating func finish() {
    for (index, rows) in sequences.enumerated() where !caches.isEmpty {
      caches[index].advance(by: rows.count)
    }
  }

  /// Keeps hidden states when they were asked for.
  public mutating func keep(hidden: Tensor) { hiddenStates?.append(hidden) }

  /// The rows whose outputs are wanted.
  public func outputs(of hidden: Tensor) -> Tensor {
    guard let outputRows else { return hidden }
    return hidden.gather(rows: Tensor(outputRows.map(Int32.init), shape: [outputRows.count]))
  }

  /// The rotation tables of this pass's positions, computed once for all layers.
  public mutating func tables(_ rotary: Rotary) -> Rotary.Tables {
    if let known = rotations[rotary] { return known }
    let tables = rotary.tables(positions, sequences: sequences, reaches: reaches)
    rotations[rotary] = tables
    return tables
  }
}
