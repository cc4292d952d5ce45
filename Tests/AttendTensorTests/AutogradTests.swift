import AttendBase
import AttendTensor
import Testing

@Suite struct AutogradTests {
  @Test func sumsOverAllPaths() {
    let x = Tensor([3.0]).leaf()
    let y = x * x + x
    #expect(Tensor.gradients(of: (y * y).sum(), with: [x, y])[0].scalars(Double.self) == [2 * 12 * 7])
    // An intermediate result has a gradient too.
    #expect(Tensor.gradients(of: (y * y).sum(), with: [x, y])[1].scalars(Double.self) == [24])
  }

  @Test func givesZerosForWhatTheLossDoesNotDependOn() {
    let (x, y) = (Tensor([1.0, 2]).leaf(), Tensor([1, 2] as [Float]).leaf())
    let gradients = Tensor.gradients(of: x.sum(), with: [y, x, Tensor([5.0])])
    #expect(gradients[0].scalars(Float.self) == [0, 0])
    #expect(gradients[1].scalars(Double.self) == [1, 1])
    #expect(gradients[2].scalars(Double.self) == [0])
    #expect(Tensor.gradients(of: Tensor(1), with: [x])[0].scalars(Double.self) == [0, 0])
    #expect(Tensor.gradients(of: x.sum() * 0 + x.detached().sum(), with: [x])[0].scalars(Double.self) == [0, 0])
  }

  @Test func recordsOnlyWhereItDifferentiates() {
    let x = Tensor([1.0, 2])
    let w = Tensor([3.0, 4]).leaf()
    #expect(!(x * 2 + x.softmax()).isRecording)
    #expect((x * w).isRecording)
    #expect(!(x * w.detached()).isRecording)
    #expect(!(x * w).cast(to: .int32).isRecording)
    #expect(!(w .> 0).isRecording)
    #expect(!w.argmax().isRecording)
    #expect(w.isRecording && !w.detached().isRecording)
    #expect((x * w).recordedOperations == [.multiply, .leaf])
    // Gradients themselves are values.
    #expect(!Tensor.gradients(of: (w * w).sum(), with: [w])[0].isRecording)
    // A leaf of a recording tensor starts anew.
    let again = (w * 2).leaf()
    #expect(Tensor.gradients(of: again.sum(), with: [w])[0].scalars(Double.self) == [0, 0])
  }

  @Test func frozenInputsHaveNoDerivativeComputed() {
    let x = Tensor([2.0]).leaf()
    let frozen = Tensor([3.0])
    let output = x.record(
      .multiply, x.detached() * frozen, from: x, frozen, { $0 * frozen },
      {
        Issue.record("the derivative of a frozen input")
        return $0
      })
    #expect(Tensor.gradients(of: output.sum(), with: [x])[0].item() == 3)
    // Nor that of an input nobody asked about.
    let other = frozen.leaf()
    let both = x.record(
      .multiply, x.detached() * frozen, from: x, other, { $0 * frozen },
      {
        Issue.record("the derivative of an unwanted input")
        return $0
      })
    #expect(Tensor.gradients(of: both.sum(), with: [x])[0].item() == 3)
  }

  @Test func recomputationIsTheDefaultDerivative() {
    let x = Tensor([0.5, -1]).leaf()
    let y = Tensor.recordRecomputing(.silu, x.detached().silu(), [x]) { Composed.silu($0[0]) }
    let found = Tensor.gradients(of: y.sum(), with: [x])[0]
    #expect(isClose(found, Naive(Tensor.gradients(of: x.silu().sum(), with: [x])[0])))
  }

  /// A recursive walk or release would overflow the stack.
  @Test func longChains() {
    let x = Tensor.full([], 1, .float64).leaf()
    var y = x
    for _ in 0..<100_000 { y = y + 1e-5 }
    #expect(Tensor.gradients(of: y, with: [x])[0].item() == 1)
    #expect(abs(y.item() - 2) < 1e-9)
    var wide = [x]
    for _ in 0..<20_000 { wide = [wide[0] + wide[wide.count - 1], wide[0]] }
    wide = []
    y = x
    #expect(y.isRecording)
  }

  @Test func theTapeReleasesWhatItHolds() {
    weak var owner: AnyObject?
    do {
      let x = Tensor.ones([10]).leaf()
      let held = x.exp()
      owner = held.storageOwner
      let loss = held.squared().sum()
      #expect(owner != nil)
      #expect(Tensor.gradients(of: loss, with: [x])[0].count == 10)
    }
    #expect(owner == nil)
  }

  @Test func gradientsAreTheSameEveryTime() {
    var random = SeededRandom(seed: 9)
    let (x, w) = (Tensor.normal([64, 96], using: &random), Tensor.normal([96, 96], using: &random))
    let results = (0..<3).map { _ in
      let leaf = w.leaf()
      let hidden = x.matmul(leaf).gelu() + x.matmul(leaf.transposed(0, 1))
      return Tensor.gradients(of: hidden.softmax().squared().sum(), with: [leaf])[0].scalars(Float.self)
    }
    #expect(results[0] == results[1] && results[1] == results[2])
  }
}

@Suite struct MutationTests {
  @Test func copiesWhatOthersSee() {
    var x = Tensor([1, 2, 3] as [Float])
    let owner = ObjectIdentifier(x.storageOwner)
    x.withMutableFloats { $0[0] = 5 }
    #expect(ObjectIdentifier(x.storageOwner) == owner, "nobody else sees it: in place")
    let other = x
    x.withMutableFloats { $0[1] = 6 }
    #expect(other.scalars(Float.self) == [5, 2, 3])
    #expect(x.scalars(Float.self) == [5, 6, 3])
    let view = x.sliced(axis: 0, 0..<2)
    x.withMutableFloats { $0[0] = 7 }
    #expect(view.scalars(Float.self) == [5, 6])
    #expect(x.scalars(Float.self) == [7, 6, 3])
    var transposed = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]).transposed(0, 1)
    transposed.withMutableFloats { $0[1] = 9 }
    #expect(transposed.scalars(Float.self) == [1, 9, 2, 4])
  }

  @Test func neverWritesToBorrowedMemory() {
    final class Owner: Sendable {}
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 2)
    defer { memory.deallocate() }
    memory.initialize(repeating: 1, count: 2)
    weak var alive: Owner?
    do {
      let owner = Owner()
      alive = owner
      var x = Tensor(borrowing: owner, pointer: memory, shape: [2], dtype: .float32)
      #expect(x.withFloats { $0 } == UnsafePointer(memory))
      let view = x.sliced(axis: 0, 1..<2)
      x.withMutableFloats { $0[0] = 2 }
      #expect(x.scalars(Float.self) == [2, 1])
      #expect(memory[0] == 1)
      #expect(view.scalars(Float.self) == [1])
      #expect(alive != nil)
    }
    #expect(alive == nil)
  }

  @Test func creation() {
    #expect(Tensor.full([2], 2.5, .float16).cast(to: .float32).scalars(Float.self) == [2.5, 2.5])
    #expect(Tensor.ones([2], .bool).scalars(Bool.self) == [true, true])
    #expect(Tensor.zeros([0, 3]).scalars(Float.self) == [])
    #expect(Tensor.arange(from: 2, to: 9, by: 3).scalars(Int.self) == [2, 5, 8])
    #expect(Tensor(4).item() == 4)
    var random = SeededRandom(seed: 1)
    let draws = Tensor.normal([20_000], mean: 3, standardDeviation: 2, using: &random)
    #expect(abs(draws.mean().item() - 3) < 0.05)
    #expect(abs(draws.variance().item() - 4) < 0.15)
    var again = SeededRandom(seed: 1)
    #expect(
      Tensor.normal([20_000], mean: 3, standardDeviation: 2, using: &again).scalars(Float.self) == draws.scalars())
  }
}
