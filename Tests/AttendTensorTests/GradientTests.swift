import AttendTensor
import AttendTestSupport
import Testing

@Suite struct GradientTests {
  @Test(arguments: GradientCases.all)
  func agreesWithCentralDifferences(_ example: GradientCase) {
    for seed in 1...3 as ClosedRange<UInt64> {
      #expect(example.problems(seed: seed) == [])
    }
  }

  @Test func everyOperationHasACase() {
    var checked: Set<Operation> = []
    for example in GradientCases.all { checked.formUnion(example.operations(seed: 1)) }
    #expect(Set(Operation.allCases).subtracting(checked) == [])
  }

  /// The harness itself: a wrong derivative must not pass.
  @Test func findsAWrongDerivative() {
    let wrong = GradientCase("wrong", [[3]]) { inputs in
      let x = inputs[0]
      return x.record(.exp, x.detached().exp(), x) { upstream, x in upstream * x.exp() * 1.001 }
    }
    #expect(!wrong.problems(seed: 1).isEmpty)
  }
}
