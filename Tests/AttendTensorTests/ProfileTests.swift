import AttendBase
import AttendTensor
import Testing

@Suite struct ProfileTests {
  private func numbers(_ shape: Shape) -> Tensor {
    var random = SeededRandom(seed: 4)
    return .normal(shape, using: &random)
  }

  @Test func productsAreCountedByShapeAndName() throws {
    let (rows, inputs, outputs) = (3, 64, 48)
    let matrix = try Matrix(
      packing: [MatrixSource(numbers([outputs, inputs]))], precision: .exact, name: "mlp.up_proj")
    let gated = try Matrix(
      packingGate: MatrixSource(numbers([outputs, inputs])), up: MatrixSource(numbers([outputs, inputs])),
      precision: .exact, name: "mlp.gate")
    let x = numbers([rows, inputs])
    let profile = Profile()
    profile.record {
      for _ in 0..<5 { _ = matrix.multiply(x) }
      _ = gated.multiply(x, activation: .silu)
      _ = matrix.rows(Tensor([Int32(7), 0], shape: [2]))
    }
    #expect(profile.entries.map(\.name) == ["mlp.up_proj", "mlp.gate", "mlp.up_proj"])
    #expect(profile.entries.map(\.kind) == [.product, .product, .lookup])
    #expect(profile.entries.map(\.calls) == [5, 1, 1])
    let entry = try #require(profile.entries.first)
    #expect(entry.work.operations == 5 * 2 * rows * inputs * outputs)
    #expect(entry.work.bytes == 5 * (matrix.packedByteCount + 4 * rows * inputs))
    #expect(profile.entries[1].work.operations == 2 * 2 * rows * inputs * outputs)
    #expect(profile.entries[2].work.bytes == 2 * matrix.packedByteCount / outputs)
  }

  @Test func attentionCountsTheKeysItReads() throws {
    let (heads, keyHeads, width, old, new) = (4, 2, 16, 70, 3)
    var cache = KeyValueCache(
      KeyValueShape(layers: 1, heads: keyHeads, keyWidth: width, valueWidth: width), precision: .exact)
    try cache.reserve(old)
    cache.remember(
      layer: 0, keys: numbers([old, keyHeads, width]), values: numbers([old, keyHeads, width]), rows: 0..<old)
    cache.advance(by: old)
    try cache.reserve(new)
    var caches = [cache]
    let (query, key, value) = (
      numbers([new, heads, width]), numbers([new, keyHeads, width]), numbers([new, keyHeads, width])
    )
    let profile = Profile()
    _ = profile.record {
      Tensor.attention(
        query: query, key: key, value: value, layer: 0, sequences: [0..<new], caches: &caches,
        options: AttentionOptions(scale: 0.25), phase: .decode)
    }
    #expect(profile.entries.map(\.kind) == [.cacheWrite, .attention])
    #expect(profile.entries[0].work.bytes == 2 * 4 * new * keyHeads * width)
    #expect(profile.entries[1].work.operations == 2 * new * heads * (old + new) * 2 * width)
    #expect(profile.entries[1].work.bytes == 4 * (new * heads * width + (old + new) * keyHeads * 2 * width))
  }

  /// What operations cost and what ran between them is all there is; an operation inside another counts once.
  @Test func costsAddUp() {
    let x = numbers([200, 300])
    let profile = Profile()
    profile.record {
      _ = x.transposed(0, 1).contiguous().rmsNorm()
      _ = x.softmax()
      _ = profiled(.sampling, Profile.Work(bytes: 1, operations: 2)) { x + x }
    }
    let sum = profile.entries.reduce(profile.remainder.nanoseconds) { $0 + $1.cost.nanoseconds }
    #expect(sum == profile.total.nanoseconds)
    #expect(profile.entries.allSatisfy { $0.cost.nanoseconds >= 0 } && profile.remainder.nanoseconds >= 0)
    let allocations = profile.entries.reduce(profile.remainder.allocations) { $0 + $1.cost.allocations }
    #expect(allocations == profile.total.allocations)
    // A copy, a norm, a softmax and a sum make one tensor each.
    #expect(profile.entries.map(\.kind) == [.copy, .norm, .softmax, .sampling, .elementwise])
    #expect(profile.entries.map(\.cost.allocations) == [1, 1, 1, 0, 1])
  }

  @Test func onlyWhatRunsInsideAndOnThisThreadIsRecorded() async {
    let x = numbers([8, 8])
    let (outer, inner) = (Profile(), Profile())
    outer.record {
      _ = x.softmax()
      inner.record { _ = x.rmsNorm() }
      _ = x.softmax()
    }
    _ = x.softmax()
    #expect(outer.entries.map(\.kind) == [.softmax] && outer.entries.map(\.calls) == [2])
    #expect(inner.entries.map(\.kind) == [.norm])
    // Another thread has no profile while this one has.
    let thread = try? ComputeThread(name: "other")
    let other = Profile()
    let seen = await thread.map { thread in
      Task { try? await thread.run { Profile().record { x.exp() }.count } }
    }?.value
    other.record { _ = x.softmax() }
    #expect(seen == 64 && other.entries.count == 1)
  }
}
