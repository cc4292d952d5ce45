import AttendBase
import AttendNN
import AttendTensor
import Testing

@Suite struct AttentionObserverTests {
  private static func tensor(_ shape: Shape, _ stream: UInt64) -> Tensor {
    var random = SeededRandom(seed: 7, stream: stream)
    return Tensor.uniform(shape, in: -1..<1, .float32, using: &random)
  }

  private static func largestDifference(_ x: Tensor, _ y: Tensor) -> Double { (x - y).abs().max().item() }

  /// Self-attention in chunks through a cache shows the weights that the whole sequence has at once.
  @Test func aCacheShowsTheSameWeights() throws {
    let (query, key, value) = (Self.tensor([7, 4, 6], 1), Self.tensor([7, 2, 6], 2), Self.tensor([7, 2, 3], 3))
    let options = AttentionOptions(scale: 0.4, window: 3)
    var whole = ForwardPass(lengths: [7])
    whole.observer = AttentionObserver()
    let expected = attention(query, key, value, layer: 0, options: options, &whole)
    let weights = try #require(whole.observer?.observations.first?.weights)
    #expect(weights.shape == [4, 7, 7])
    #expect(whole.observer?.observations.first?.kind == .decoderSelf)

    var caches = [KeyValueCache(KeyValueShape(layers: 1, heads: 2, keyWidth: 6, valueWidth: 3), precision: .exact)]
    for rows in [0..<4, 4..<5, 5..<7] {
      var pass = try ForwardPass(continuing: caches, lengths: [rows.count], phase: .prompt)
      pass.observer = AttentionObserver([.init(heads: [1, 3])])
      let output = attention(
        query.sliced(axis: 0, rows), key.sliced(axis: 0, rows), value.sliced(axis: 0, rows), layer: 0,
        options: options, &pass)
      #expect(Self.largestDifference(output, expected.sliced(axis: 0, rows)) < 1e-5)
      let seen = try #require(pass.observer?.observations.first)
      #expect(seen.heads == [1, 3])
      for (index, head) in seen.heads.enumerated() {
        let wanted = weights.selected(axis: 0, head).sliced(axis: 0, rows).sliced(axis: 1, 0..<rows.upperBound)
        #expect(Self.largestDifference(seen.weights.selected(axis: 0, index), wanted) < 1e-5)
      }
      pass.finish()
      caches = pass.caches
    }
  }

  @Test func onlyWhatIsAskedForIsSeen() {
    let (query, key, value) = (Self.tensor([5, 2, 3], 1), Self.tensor([4, 2, 3], 2), Self.tensor([4, 2, 3], 3))
    var pass = ForwardPass(lengths: [2, 3])
    pass.observer = AttentionObserver([.init(kinds: [.cross], layers: [1], heads: [0]), .init(layers: [4])])
    for layer in 0..<3 {
      _ = crossAttention(
        query, key, value, layer: layer, memory: [0..<3, 3..<4], options: AttentionOptions(scale: 0.5), &pass)
    }
    let seen = pass.observer?.observations ?? []
    #expect(seen.map(\.layer) == [1, 1])
    #expect(seen.map(\.sequence) == [0, 1])
    #expect(seen.map(\.weights.shape) == [[1, 2, 3], [1, 3, 1]])
    #expect(seen.allSatisfy { $0.kind == .cross && $0.heads == [0] })
    // Every query sees its whole memory: rows of 1.
    for observation in seen {
      let sums = observation.weights.sum(axes: [-1])
      #expect((sums - 1).abs().max().item() < 1e-6)
    }
  }

  /// Cross-attention is attention to each memory alone.
  @Test func crossAttentionSeesItsOwnMemory() {
    let (query, key, value) = (Self.tensor([5, 2, 3], 1), Self.tensor([6, 1, 3], 2), Self.tensor([6, 1, 4], 3))
    let options = AttentionOptions(scale: 0.5)
    var pass = ForwardPass(lengths: [2, 3])
    let both = crossAttention(query, key, value, layer: 0, memory: [4..<6, 0..<4], options: options, &pass)
    var second = ForwardPass(lengths: [3])
    let alone = crossAttention(
      query.sliced(axis: 0, 2..<5), key.sliced(axis: 0, 0..<4), value.sliced(axis: 0, 0..<4), layer: 0,
      memory: [0..<4], options: options, &second)
    #expect(both.sliced(axis: 0, 2..<5).scalars(Float.self) == alone.scalars(Float.self))
  }
}
