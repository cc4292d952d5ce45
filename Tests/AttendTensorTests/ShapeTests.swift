import AttendTensor
import Testing

@Suite struct ShapeTests {
  @Test func holdsItsExtents() {
    let shape: Shape = [2, 3, 4]
    #expect(Array(shape) == [2, 3, 4])
    #expect(shape.rank == 3)
    #expect(shape.elementCount == 24)
    #expect(shape.description == "[2, 3, 4]")
    #expect(([] as Shape).elementCount == 1)
    #expect(([3, 0] as Shape).elementCount == 0)
    #expect(shape.contiguousStrides == Dimensions([12, 4, 1]))
  }

  @Test func equalityLooksAtAllExtentsAndNothingElse() {
    #expect(([2, 3] as Shape) == [2, 3])
    #expect(([2, 3] as Shape) != [3, 2])
    #expect(([2] as Shape) != [2, 1])
    var dimensions = Dimensions([1, 2, 3])
    dimensions.remove(at: 1)
    #expect(dimensions == Dimensions([1, 3]))
    #expect(Set([Shape(dimensions), [1, 3]]).count == 1)
    dimensions.insert(7, at: 0)
    #expect(Shape(dimensions) == [7, 1, 3])
  }

  @Test func broadcasts() {
    #expect(([2, 1, 4] as Shape).broadcast(with: [3, 1]) == [2, 3, 4])
    #expect(([] as Shape).broadcast(with: [0]) == [0])
    #expect(([1] as Shape).broadcast(with: [0]) == [0])
    #expect(([2] as Shape).broadcast(with: [3]) == nil)
    #expect(([2] as Shape).broadcast(with: [0]) == nil)
  }

  @Test func refusesOutsideExtentsThatCannotBe() {
    #expect(Shape(checking: [2, 3]) == [2, 3])
    #expect(Shape(checking: [Int]()) == [])
    #expect(Shape(checking: [-1]) == nil)
    #expect(Shape(checking: Array(repeating: 1, count: 9)) == nil)
    #expect(Shape(checking: [Int.max, 2]) == nil)
    #expect(Shape(checking: [0, Int.max, Int.max]) == nil)
    #expect(Shape(checking: [1 << 60]) == nil)
  }
}
