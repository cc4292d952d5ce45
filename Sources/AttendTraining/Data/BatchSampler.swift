import AttendBase

/// Which examples come next: a deterministic order of batches, whose position is a small value.
///
/// The order of an epoch is a function of seed and epoch alone, so a run that continues at a saved position sees what
/// an uninterrupted run sees, and every process of a parallel run knows the batches of all.
public struct BatchSampler: Sendable {
  public enum Order: Sendable, Hashable {
    /// As they are in the data.
    case sequential
    /// Each example once per epoch, in an order drawn from the seed.
    case shuffled
    /// Independent draws, with repetition; an epoch has as many batches as would hold `drawsPerEpoch` examples.
    case random(drawsPerEpoch: Int)
  }

  public enum Size: Sendable, Hashable {
    case examples(Int)
    /// Examples of this many tokens together; one that is longer is a batch of its own.
    case tokens(Int)
  }

  public let order: Order
  public let size: Size
  public let seed: UInt64
  /// Batches hold examples of similar length.
  public let isBucketed: Bool
  /// What has been handed out; may be set to continue from there.
  public var position: DataPosition

  private let count: Int
  private let lengths: [Int32]
  /// The epoch that `plan` belongs to.
  private var plannedEpoch: Int?
  private var plan: [[Int32]] = []

  /// Batches whose examples are sorted by length together: enough to find neighbours, few enough to stay shuffled.
  private static let batchesPerPool = 64

  /// - Parameters:
  ///   - data: at least one example.
  ///   - isBucketed: has no effect on `.random` orders.
  public init(
    _ data: some DataSet, order: Order, size: Size, isBucketed: Bool = false, seed: UInt64,
    position: DataPosition = DataPosition()
  ) {
    count = data.count
    precondition(count > 0 && count <= Int(Int32.max), "1 to 2³¹ examples")
    // Lengths of every position of a stream are all the same.
    if case .random = order, case .examples = size {
      lengths = []
    } else {
      let data = data
      lengths = (0..<data.count).map { Int32(clamping: data.length($0)) }
    }
    self.order = order
    self.size = size
    self.isBucketed = isBucketed
    self.seed = seed
    self.position = position
  }

  /// Batches of the current epoch.
  public var batchesPerEpoch: Int {
    mutating get {
      if case .random(let draws) = order, case .examples(let size) = size { return max((draws + size - 1) / size, 1) }
      makePlan()
      return plan.count
    }
  }

  /// The examples of the next batch.
  public mutating func next() -> [Int] {
    if position.batch >= batchesPerEpoch { position = DataPosition(epoch: position.epoch + 1) }
    defer { position.batch += 1 }
    if case .random = order, case .examples(let size) = size {
      // Counter-based: batch b of epoch e is a place in a stream of its own.
      var random = SeededRandom(seed: seed, stream: stream(.draws))
      random.position = UInt64(position.batch) &* UInt64(size)
      return (0..<size).map { _ in random.index(below: count) }
    }
    makePlan()
    return plan[position.batch].map(Int.init)
  }

  /// Cuts a batch into parts of about equal cost for passes or processes; a part may be empty.
  public func parts(of batch: [Int], _ count: Int) -> [[Int]] {
    guard count > 1 else { return [batch] }
    var parts = [[Int]](repeating: [], count: count)
    if lengths.isEmpty || isFixedCount {
      for (index, example) in batch.enumerated() { parts[index * count / batch.count].append(example) }
      return parts
    }
    let total = batch.reduce(0) { $0 + Int(lengths[$1]) }
    var before = 0
    for example in batch {
      // By the middle of the example, so that the cut is fair whatever the order.
      let middle = before + Int(lengths[example]) / 2
      parts[min(middle * count / max(total, 1), count - 1)].append(example)
      before += Int(lengths[example])
    }
    return parts
  }

  private var isFixedCount: Bool { if case .examples = size { true } else { false } }

  // MARK: The plan of one epoch

  private enum Purpose: UInt64 { case draws, examples, batches }

  private func stream(_ purpose: Purpose) -> UInt64 {
    0xDA7A_0000_0000_0000 | purpose.rawValue << 40 | UInt64(truncatingIfNeeded: position.epoch)
  }

  private mutating func makePlan() {
    guard plannedEpoch != position.epoch else { return }
    plannedEpoch = position.epoch
    var examples = (0..<Int32(count)).map { $0 }
    switch order {
    case .sequential: break
    case .shuffled:
      var random = SeededRandom(seed: seed, stream: stream(.examples))
      random.shuffle(&examples)
    case .random(let draws):
      var random = SeededRandom(seed: seed, stream: stream(.draws))
      examples = (0..<max(draws, 1)).map { _ in Int32(random.index(below: count)) }
    }
    guard isBucketed, order == .shuffled else {
      plan = grouped(examples[...])
      return
    }
    plan = []
    var start = 0
    while start < examples.count {
      let end = poolEnd(examples, from: start)
      let pool = examples[start..<end].enumerated().sorted {
        (lengths[Int($0.element)], $0.offset) < (lengths[Int($1.element)], $1.offset)
      }
      plan += grouped(pool.map(\.element)[...])
      start = end
    }
    var random = SeededRandom(seed: seed, stream: stream(.batches))
    random.shuffle(&plan)
  }

  private func poolEnd(_ examples: [Int32], from start: Int) -> Int {
    switch size {
    case .examples(let size): return min(start + size * Self.batchesPerPool, examples.count)
    case .tokens(let budget):
      var (end, tokens) = (start, 0)
      while end < examples.count, tokens < budget * Self.batchesPerPool {
        tokens += Int(lengths[Int(examples[end])])
        end += 1
      }
      return end
    }
  }

  /// Fills one batch after the other, in the order given.
  private func grouped(_ examples: ArraySlice<Int32>) -> [[Int32]] {
    var batches: [[Int32]] = []
    var batch: [Int32] = []
    var tokens = 0
    for example in examples {
      let length = Int(lengths[Int(example)])
      let isFull =
        switch size {
        case .examples(let size): batch.count >= size
        case .tokens(let budget): tokens + length > budget
        }
      if isFull, !batch.isEmpty {
        batches.append(batch)
        (batch, tokens) = ([], 0)
      }
      batch.append(example)
      tokens += length
    }
    if !batch.isEmpty { batches.append(batch) }
    return batches
  }
}

extension SeededRandom {
  /// A uniform draw from `0..<bound` (Lemire 2019, without the rejection step: the bias is below bound / 2⁶⁴).
  package mutating func index(below bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Fisher and Yates' shuffle. The standard library's may change between versions; this one may not.
  mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for index in (1..<elements.count).reversed() { elements.swapAt(index, self.index(below: index + 1)) }
  }
}
