import AttendBase
import AttendTestSupport
import AttendTraining
import Testing

@Suite struct DataTests {
  private func expectError(
    _ code: AttendError.Code, _ parts: [String], sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    let error = #expect(throws: AttendError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
    for part in parts {
      #expect(error?.description.contains(part) == true, "\(error as Any)", sourceLocation: sourceLocation)
    }
  }

  // MARK: Files

  @Test func lineEndsAndMarksDoNotMatter() throws {
    let folder = try TemporaryFolder()
    let plain = try TextFile(path: folder.write("plain", "one\ttwo\n\nthree\tfour"))
    let windows = try TextFile(path: folder.write("windows", "\u{FEFF}one\ttwo\r\n\r\nthree\tfour\r\n"))
    #expect(plain.lines.map(\.number) == [1, 3] && windows.lines.map(\.number) == [1, 3])
    #expect(plain.lines.map(\.bytes) == windows.lines.map(\.bytes))
    #expect(try windows.pairs().map { String(decoding: $0.target, as: UTF8.self) } == ["two", "four"])
    // A carriage return of its own is text.
    #expect(try TextFile("a\rb", name: "mac").bytes == Array("a\rb".utf8))
  }

  @Test func badFilesAreNamedWithTheLine() throws {
    let folder = try TemporaryFolder()
    expectError(.invalidInput, ["empty", "empty"]) { _ = try TextFile(path: folder.write("empty", "")) }
    expectError(.invalidInput, ["no text"]) { _ = try TextFile(path: folder.write("blank", " \n\t\n")) }
    expectError(.notFound, ["none"]) { _ = try TextFile(path: folder("none")) }
    expectError(.invalidInput, ["line 3", "UTF-8"]) {
      _ = try TextFile(path: folder.write("latin", Array("a\nb\nd".utf8) + [0xE9, 0x0A]))
    }
    for (text, parts) in [
      ("a\tb\nc\n", ["line 2", "no tab"]), ("a\tb\n\nc\td\te\n", ["line 3", "3 columns"]),
      ("a\t\n", ["line 1", "after"]), ("\tb\n", ["line 1", "before"]),
    ] {
      expectError(.invalidInput, parts) { _ = try TextFile(text, name: "pairs").pairs() }
    }
  }

  // MARK: Blocks

  @Test func blocksCoverEveryPrediction() {
    let tokens = (0..<11).map { Int32($0) }
    let blocks = TokenBlocks(tokens, blockSize: 4, placement: .sideBySide)
    #expect(blocks.count == 3)
    #expect((0..<3).map { Array(blocks[$0]) } == [[0, 1, 2, 3, 4], [4, 5, 6, 7, 8], [8, 9, 10]])
    #expect((0..<3).map { blocks.length($0) } == [4, 4, 2])
    let anywhere = TokenBlocks(tokens, blockSize: 4, placement: .anywhere)
    #expect(anywhere.count == 7 && Array(anywhere[6]) == [6, 7, 8, 9, 10])
    for count in 0..<2 {
      #expect(TokenBlocks(Array(tokens.prefix(count)), blockSize: 4, placement: .sideBySide).count == 0)
    }
    #expect(TokenBlocks(Array(tokens.prefix(4)), blockSize: 4, placement: .anywhere).count == 0)
    #expect(TokenBlocks(Array(tokens.prefix(2)), blockSize: 4, placement: .sideBySide).count == 1)
  }

  @Test func pairsKeepTheirSides() {
    let pairs = TokenPairs(sources: [[1, 2], [], [3]], targets: [[4], [5, 6], []])
    #expect(pairs.count == 3)
    #expect(Array(pairs[1].source) == [] && Array(pairs[1].target) == [5, 6] && Array(pairs[2].source) == [3])
    #expect((0..<3).map { pairs.length($0) } == [4, 3, 2])
  }

  // MARK: Batches

  private struct Lengths: DataSet {
    var lengths: [Int]
    var count: Int { lengths.count }
    subscript(index: Int) -> Int { index }
    func length(_ index: Int) -> Int { lengths[index] }
  }

  private func lengths(_ count: Int) -> Lengths {
    var random = SeededRandom(seed: 5)
    return Lengths(lengths: (0..<count).map { _ in 1 + random.index(below: 40) })
  }

  @Test(arguments: [false, true], [BatchSampler.Size.examples(7), .tokens(100)])
  func anEpochHasEachExampleOnce(isBucketed: Bool, size: BatchSampler.Size) {
    let data = lengths(500)
    for order in [BatchSampler.Order.sequential, .shuffled] {
      var sampler = BatchSampler(data, order: order, size: size, isBucketed: isBucketed, seed: 3)
      // Batches by tokens: epochs may differ in their number.
      let epochs = (0..<2).map { _ in
        var batches = [sampler.next()]
        while sampler.position.batch < sampler.batchesPerEpoch { batches.append(sampler.next()) }
        return batches
      }
      for batches in epochs {
        #expect(batches.flatMap { $0 }.sorted() == Array(0..<500))
        for batch in batches {
          switch size {
          case .examples(let limit): #expect(batch.count <= limit)
          case .tokens(let limit): #expect(batch.count == 1 || batch.reduce(0) { $0 + data.length($1) } <= limit)
          }
        }
      }
      #expect((epochs[0] == epochs[1]) == (order == .sequential))
      if order == .sequential { #expect(epochs[0].flatMap { $0 } == Array(0..<500)) }
    }
  }

  @Test func bucketsHoldSimilarLengths() {
    let data = lengths(5000)
    func spread(_ isBucketed: Bool) -> Int {
      var sampler = BatchSampler(data, order: .shuffled, size: .examples(10), isBucketed: isBucketed, seed: 3)
      return (0..<500).reduce(0) { sum, _ in
        let lengths = sampler.next().map { data.length($0) }
        return sum + (lengths.max() ?? 0) - (lengths.min() ?? 0)
      }
    }
    #expect(spread(true) * 10 < spread(false))
  }

  @Test(arguments: [BatchSampler.Order.sequential, .shuffled, .random(drawsPerEpoch: 90)], [1, 2, 3] as [UInt64])
  func aSavedPositionContinuesExactly(order: BatchSampler.Order, seed: UInt64) {
    let data = lengths(120)
    for size in [BatchSampler.Size.examples(9), .tokens(64)] {
      var whole = BatchSampler(data, order: order, size: size, isBucketed: true, seed: seed)
      let batches = (0..<60).map { _ in whole.next() }
      for start in [0, 1, 13, 14, 40, 59] {
        var first = BatchSampler(data, order: order, size: size, isBucketed: true, seed: seed)
        for _ in 0..<start { _ = first.next() }
        var second = BatchSampler(data, order: order, size: size, isBucketed: true, seed: seed)
        second.position = first.position
        #expect((start..<60).map { _ in second.next() } == Array(batches[start...]))
      }
      if order != .sequential {
        var other = BatchSampler(data, order: order, size: size, isBucketed: true, seed: seed + 10)
        #expect((0..<60).map { _ in other.next() } != batches)
      }
    }
  }

  @Test func drawsAreIndependentOfTheBatchSize() {
    // Two processes with a batch of 4 see what one with a batch of 8 sees.
    let data = lengths(1000)
    var large = BatchSampler(data, order: .random(drawsPerEpoch: 1000), size: .examples(8), seed: 1)
    let batch = large.next()
    #expect(large.parts(of: batch, 2) == [Array(batch[..<4]), Array(batch[4...])])
    #expect(Set(batch).count > 4 && batch.allSatisfy { $0 < 1000 })
  }

  @Test func partsAreFairAndComplete() {
    let data = lengths(300)
    for size in [BatchSampler.Size.examples(30), .tokens(600)] {
      var sampler = BatchSampler(data, order: .shuffled, size: size, seed: 1)
      for _ in 0..<20 {
        let batch = sampler.next()
        for count in 1...5 {
          let parts = sampler.parts(of: batch, count)
          #expect(parts.count == count && parts.flatMap { $0 } == batch)
          let costs = parts.map { $0.reduce(0) { $0 + data.length($1) } }
          if case .tokens = size, batch.count > 12 { #expect((costs.max() ?? 0) - (costs.min() ?? 0) <= 90) }
        }
      }
    }
    var one = BatchSampler(Lengths(lengths: [5]), order: .shuffled, size: .tokens(10), seed: 1)
    #expect(one.parts(of: one.next(), 3).map(\.count).sorted() == [0, 0, 1])
  }

  @Test func prefetchingKeepsTheOrder() throws {
    let numbers = try Prefetcher(0) { state in
      state += 1
      return state
    }
    #expect((0..<200).map { _ in numbers.next() } == Array(1...200))
  }
}
