import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

@Suite struct PositionTests {
  private func fixture() throws -> FixtureTensors { try FixtureTensors("learning/positions.safetensors") }

  @Test(arguments: [1, 4, 6, 8, 12]) func slopes(_ heads: Int) throws {
    let expected: [Float] = try fixture().tensor("alibi.\(heads).slopes").scalars()
    let slopes = LinearBias(heads: heads).slopes
    #expect(slopes.count == heads)
    for (slope, expected) in zip(slopes, expected) { #expect(abs(slope - expected) <= 1e-6) }
  }

  @Test func linearBias() {
    let bias = LinearBias(heads: 2)([2, 0], keys: 3)
    #expect(bias.shape == [2, 2, 3])
    let (a, b) = (LinearBias(heads: 2).slopes[0], LinearBias(heads: 2).slopes[1])
    #expect(bias.scalars(Float.self) == [-2 * a, -a, 0, 0, -a, -2 * a, -2 * b, -b, 0, 0, -b, -2 * b])
  }

  @Test(arguments: [true, false]) func buckets(_ isBidirectional: Bool) throws {
    let name = isBidirectional ? "t5.True" : "t5.False"
    let offsets = try fixture().integers("\(name).offsets")
    let buckets = RelativeBuckets(isBidirectional: isBidirectional)
    #expect(offsets.map(buckets.bucket(of:)) == (try fixture().integers("\(name).buckets")))
  }

  @Test func relativeBias() throws {
    var parameters = Parameters()
    parameters["weight"] = try fixture().tensor("t5.bias.weight")
    let layer = try WeightScope.build(around: parameters) {
      RelativeBias($0, heads: 3, buckets: RelativeBuckets(count: 8, maximumDistance: 20, isBidirectional: true))
    }
    #expect(largestDifference(layer(Array(0..<9), keys: 9), try fixture().tensor("t5.bias.bias")) == 0)
  }

  @Test func sinusoidal() throws {
    let expected = try fixture().tensor("sinusoidal.table")
    let table = SinusoidalPositions(width: 10)(Array(0..<50))
    #expect(largestDifference(table, expected) <= 1e-6)
    let halves = SinusoidalPositions(width: 10, isInterleaved: false)([7])
    let row = expected.sliced(axis: 0, 7..<8).reshaped([5, 2]).transposed(0, 1).reshaped([1, 10])
    #expect(largestDifference(halves, row) <= 1e-6)
  }

  @Test func learned() throws {
    let layer = WeightScope.fresh(seed: 1) { LearnedPositions($0, count: 4, width: 3) }
    let table = try #require(layer.parameters["weight"])
    #expect(
      largestDifference(
        layer.model([2, 0]), .concatenated([2, 0].map { table.sliced(axis: 0, $0..<$0 + 1) }, axis: 0)) == 0)
  }
}
