import BorealBoost
import BorealGraph
import Foundation
import Testing

@testable import BorealFormats

/// Documents as the programs write them that people have PMML from.
@Suite struct PMMLStyleTests {
    @Test("R's lm, with its extensions and old attributes") func linear() throws {
        let document = """
            <?xml version="1.0"?>
            <PMML version="4.2" xmlns="http://www.dmg.org/PMML-4_2"
            xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
            xsi:schemaLocation="http://www.dmg.org/PMML-4_2 http://www.dmg.org/v4-2/pmml-4-2.xsd">
             <Header copyright="Copyright (c) 2016 me" description="Linear Regression Model">
              <Extension name="user" value="me" extender="Rattle/PMML"/>
              <Application name="Rattle/PMML" version="1.4"/>
              <Timestamp>2016-06-01 12:00:00</Timestamp>
             </Header>
             <DataDictionary numberOfFields="3">
              <DataField name="dist" optype="continuous" dataType="double"/>
              <DataField name="speed" optype="continuous" dataType="double"/>
              <DataField name="kind" optype="categorical" dataType="string">
               <Value value="a"/><Value value="b"/>
              </DataField>
             </DataDictionary>
             <RegressionModel modelName="Linear_Regression_Model" functionName="regression"
              algorithmName="least squares">
              <MiningSchema>
               <MiningField name="dist" usageType="predicted"/>
               <MiningField name="speed" usageType="active"/>
               <MiningField name="kind" usageType="active"/>
              </MiningSchema>
              <Output><OutputField name="Predicted_dist" feature="predictedValue"/></Output>
              <RegressionTable intercept="-17.5790948905109">
               <NumericPredictor name="speed" exponent="1" coefficient="3.93240875912408"/>
               <CategoricalPredictor name="kind" value="a" coefficient="0"/>
               <CategoricalPredictor name="kind" value="b" coefficient="1.25"/>
              </RegressionTable>
             </RegressionModel>
            </PMML>
            """
        let answers = try PMMLText.answers(document, [["10", "b"], ["10", "c"]])
        #expect(isClose(Double(answers[0][1]) ?? 0, -17.5790948905109 + 39.3240875912408 + 1.25))
        #expect(answers[1][2] == "1")
        let inspection = try ModelReader.read(Array(document.utf8), fileName: "lm.xml").inspection
        #expect(inspection.library == "Rattle/PMML 1.4")
        #expect(inspection.formatVersion == "4.2")
        #expect(inspection.objective == "least squares")
    }

    @Test("R's glm: factors, an interaction, a binary target") func logistic() throws {
        let document = """
            <PMML version="4.3" xmlns="http://www.dmg.org/PMML-4_3">
             <Header/>
             <DataDictionary numberOfFields="3">
              <DataField name="ok" optype="categorical" dataType="string">
               <Value value="0"/><Value value="1"/>
              </DataField>
              <DataField name="sex" optype="categorical" dataType="string">
               <Value value="Female"/><Value value="Male"/>
              </DataField>
              <DataField name="age" optype="continuous" dataType="double"/>
             </DataDictionary>
             <GeneralRegressionModel modelName="General_Regression_Model"
              modelType="generalizedLinear" functionName="classification" algorithmName="glm"
              distribution="binomial" linkFunction="logit" targetReferenceCategory="0">
              <MiningSchema>
               <MiningField name="ok" usageType="predicted" invalidValueTreatment="returnInvalid"/>
               <MiningField name="sex" usageType="active" invalidValueTreatment="returnInvalid"/>
               <MiningField name="age" usageType="active" invalidValueTreatment="returnInvalid"/>
              </MiningSchema>
              <Output>
               <OutputField name="Probability_1" optype="continuous" dataType="double"
                feature="probability" value="1"/>
               <OutputField name="Predicted_ok" optype="categorical" dataType="string"
                feature="predictedValue"/>
              </Output>
              <ParameterList>
               <Parameter name="p0" label="(Intercept)"/>
               <Parameter name="p1" label="sexMale"/>
               <Parameter name="p2" label="age"/>
               <Parameter name="p3" label="sexMale:age"/>
              </ParameterList>
              <FactorList><Predictor name="sex"/></FactorList>
              <CovariateList><Predictor name="age"/></CovariateList>
              <PPMatrix>
               <PPCell value="Male" predictorName="sex" parameterName="p1"/>
               <PPCell value="1" predictorName="age" parameterName="p2"/>
               <PPCell value="Male" predictorName="sex" parameterName="p3"/>
               <PPCell value="1" predictorName="age" parameterName="p3"/>
              </PPMatrix>
              <ParamMatrix>
               <PCell targetCategory="1" parameterName="p0" df="1" beta="-1.5"/>
               <PCell targetCategory="1" parameterName="p1" df="1" beta="0.75"/>
               <PCell targetCategory="1" parameterName="p2" df="1" beta="0.03"/>
               <PCell targetCategory="1" parameterName="p3" df="1" beta="-0.01"/>
              </ParamMatrix>
             </GeneralRegressionModel>
            </PMML>
            """
        let answers = try PMMLText.answers(document, [["Male", "50"], ["Female", "60"]])
        let male = 1 / (1 + exp(-(-1.5 + 0.75 + 1.5 - 0.5)))
        let female = 1 / (1 + exp(-(-1.5 + 1.8)))
        #expect(isClose(Double(answers[0][1]) ?? 0, male))
        #expect(isClose(Double(answers[1][1]) ?? 0, female))
        #expect(answers.map { $0[2] } == ["1", "1"])
    }

    @Test("R's rpart: surrogates within nodes, default children") func rpart() throws {
        let document = """
            <PMML version="4.2" xmlns="http://www.dmg.org/PMML-4_2"><Header/>
             <DataDictionary numberOfFields="3">
              <DataField name="Species" optype="categorical" dataType="string">
               <Value value="setosa"/><Value value="virginica"/>
              </DataField>
              <DataField name="Petal.Length" optype="continuous" dataType="double"/>
              <DataField name="Petal.Width" optype="continuous" dataType="double"/>
             </DataDictionary>
             <TreeModel modelName="RPart_Model" functionName="classification" algorithmName="rpart"
              splitCharacteristic="binarySplit" missingValueStrategy="defaultChild"
              noTrueChildStrategy="returnLastPrediction">
              <MiningSchema>
               <MiningField name="Species" usageType="predicted"/>
               <MiningField name="Petal.Length" usageType="active"/>
               <MiningField name="Petal.Width" usageType="active"/>
              </MiningSchema>
              <Output>
               <OutputField name="Predicted_Species" optype="categorical" dataType="string"
                feature="predictedValue"/>
               <OutputField name="Probability_setosa" optype="continuous" dataType="double"
                feature="probability" value="setosa"/>
              </Output>
              <Node id="1" score="setosa" recordCount="100" defaultChild="3">
               <True/>
               <ScoreDistribution value="setosa" recordCount="50" confidence="0.5"/>
               <ScoreDistribution value="virginica" recordCount="50" confidence="0.5"/>
               <Node id="2" score="setosa" recordCount="50">
                <CompoundPredicate booleanOperator="surrogate">
                 <SimplePredicate field="Petal.Length" operator="lessThan" value="2.45"/>
                 <SimplePredicate field="Petal.Width" operator="lessThan" value="0.8"/>
                </CompoundPredicate>
                <ScoreDistribution value="setosa" recordCount="48" confidence="0.96"/>
                <ScoreDistribution value="virginica" recordCount="2" confidence="0.04"/>
               </Node>
               <Node id="3" score="virginica" recordCount="50">
                <CompoundPredicate booleanOperator="surrogate">
                 <SimplePredicate field="Petal.Length" operator="greaterOrEqual" value="2.45"/>
                 <SimplePredicate field="Petal.Width" operator="greaterOrEqual" value="0.8"/>
                </CompoundPredicate>
                <ScoreDistribution value="setosa" recordCount="1" confidence="0.02"/>
                <ScoreDistribution value="virginica" recordCount="49" confidence="0.98"/>
               </Node>
              </Node>
             </TreeModel>
            </PMML>
            """
        let rows: [[String?]] = [["1.4", nil], [nil, "0.2"], [nil, "2"], [nil, nil]]
        let answers = try PMMLText.answers(document, rows).map { $0[1...2].joined(separator: " ") }
        #expect(answers == ["setosa 0.96", "setosa 0.96", "virginica 0.02", "virginica 0.02"])
    }

    @Test("R's randomForest: votes of trees without distributions") func randomForest() throws {
        func tree(_ id: Int, _ cut: Double) -> String {
            """
              <Segment id="\(id)">
               <True/>
               <TreeModel modelName="randomForest_Model" functionName="classification"
                algorithmName="randomForest" splitCharacteristic="binarySplit">
                <MiningSchema>
                 <MiningField name="y" usageType="predicted"/>
                 <MiningField name="x" usageType="active"/>
                 <MiningField name="f" usageType="active"/>
                </MiningSchema>
                <Node id="1"><True/>
                 <Node id="2">
                  <SimplePredicate field="x" operator="lessOrEqual" value="\(cut)"/>
                  <Node id="4" score="no">
                   <SimpleSetPredicate field="f" booleanOperator="isIn">
                    <Array n="2" type="string">"r"   "g"</Array>
                   </SimpleSetPredicate>
                  </Node>
                  <Node id="5" score="yes">
                   <SimpleSetPredicate field="f" booleanOperator="isIn">
                    <Array n="1" type="string">"b"</Array>
                   </SimpleSetPredicate>
                  </Node>
                 </Node>
                 <Node id="3" score="yes">
                  <SimplePredicate field="x" operator="greaterThan" value="\(cut)"/>
                 </Node>
                </Node>
               </TreeModel>
              </Segment>
            """
        }
        let document = """
            <PMML version="4.1" xmlns="http://www.dmg.org/PMML-4_1"><Header/>
             <DataDictionary numberOfFields="3">
              <DataField name="y" optype="categorical" dataType="string">
               <Value value="no"/><Value value="yes"/>
              </DataField>
              <DataField name="x" optype="continuous" dataType="double"/>
              <DataField name="f" optype="categorical" dataType="string">
               <Value value="r"/><Value value="g"/><Value value="b"/>
              </DataField>
             </DataDictionary>
             <MiningModel modelName="randomForest_Model" functionName="classification"
              algorithmName="randomForest">
              <MiningSchema>
               <MiningField name="y" usageType="predicted"/>
               <MiningField name="x" usageType="active"/>
               <MiningField name="f" usageType="active"/>
              </MiningSchema>
              <Output>
               <OutputField name="Predicted_y" feature="predictedValue"/>
               <OutputField name="Probability_yes" optype="continuous" dataType="double"
                feature="probability" value="yes"/>
              </Output>
              <Segmentation multipleModelMethod="majorityVote">
               \(tree(1, 1))\(tree(2, 2))\(tree(3, 3))
              </Segmentation>
             </MiningModel>
            </PMML>
            """
        let rows: [[String?]] = [
            ["0", "r"], ["1.5", "g"], ["2.5", "r"], ["0", "b"], ["9", "r"],
        ]
        let answers = try PMMLText.answers(document, rows)
        #expect(answers.map { $0[0] } == ["no", "no", "yes", "yes", "yes"])
        #expect(answers.map { $0[2] } == ["0.0", "\(1.0 / 3)", "\(2.0 / 3)", "1.0", "1.0"])
    }

    @Test("R's kmeans: clusters by name, arrays of centers") func kmeans() throws {
        let document = """
            <PMML version="4.2" xmlns="http://www.dmg.org/PMML-4_2"><Header/>
             <DataDictionary numberOfFields="2">
              <DataField name="a" optype="continuous" dataType="double"/>
              <DataField name="b" optype="continuous" dataType="double"/>
             </DataDictionary>
             <ClusteringModel modelName="KMeans_Model" functionName="clustering"
              algorithmName="KMeans: Hartigan and Wong" modelClass="centerBased"
              numberOfClusters="2">
              <MiningSchema><MiningField name="a"/><MiningField name="b"/></MiningSchema>
              <Output>
               <OutputField name="predictedValue" feature="predictedValue"/>
               <OutputField name="clusterAffinity_1" feature="clusterAffinity" value="1"/>
               <OutputField name="clusterAffinity_2" feature="clusterAffinity" value="2"/>
              </Output>
              <ComparisonMeasure kind="distance"><squaredEuclidean/></ComparisonMeasure>
              <ClusteringField field="a" compareFunction="absDiff"/>
              <ClusteringField field="b" compareFunction="absDiff"/>
              <Cluster name="1" size="21"><Array n="2" type="real">5.0 3.4</Array></Cluster>
              <Cluster name="2" size="29"><Array n="2" type="real">6.0 2.4</Array></Cluster>
             </ClusteringModel>
            </PMML>
            """
        let answers = try PMMLText.answers(document, [["5", "3"], ["6", "2"]])
        #expect(answers.map { $0[0] } == ["1", "2"])
        #expect(isClose(Double(answers[0][1]) ?? 0, 0.16))
        #expect(isClose(Double(answers[1][1]) ?? 0, 2.96))
    }

    @Test("XGBoost by sklearn2pmml: 32 bits, default children, a logistic link") func xgboost()
        throws
    {
        func tree(_ id: Int, _ leaves: [String]) -> String {
            """
               <Segment id="\(id)"><True/>
                <TreeModel functionName="regression" missingValueStrategy="defaultChild"
                 splitCharacteristic="binarySplit" x-mathContext="float">
                 <MiningSchema><MiningField name="f0"/><MiningField name="f1"/></MiningSchema>
                 <Node id="1" defaultChild="3"><True/>
                  <Node id="2" score="\(leaves[0])">
                   <SimplePredicate field="f0" operator="lessThan" value="0.3"/>
                  </Node>
                  <Node id="3" defaultChild="4">
                   <SimplePredicate field="f0" operator="greaterOrEqual" value="0.3"/>
                   <Node id="4" score="\(leaves[1])">
                    <SimplePredicate field="f1" operator="lessThan" value="1.5"/>
                   </Node>
                   <Node id="5" score="\(leaves[2])">
                    <SimplePredicate field="f1" operator="greaterOrEqual" value="1.5"/>
                   </Node>
                  </Node>
                 </Node>
                </TreeModel>
               </Segment>
            """
        }
        let document = """
            <PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"
             xmlns:data="http://jpmml.org/jpmml-model/InlineTable"><Header/>
             <DataDictionary>
              <DataField name="y" optype="categorical" dataType="integer">
               <Value value="0"/><Value value="1"/>
              </DataField>
              <DataField name="f0" optype="continuous" dataType="float"/>
              <DataField name="f1" optype="continuous" dataType="float"/>
             </DataDictionary>
             <MiningModel functionName="classification" algorithmName="XGBoost (GBTree)"
              x-mathContext="float">
              <MiningSchema>
               <MiningField name="y" usageType="target"/>
               <MiningField name="f0"/><MiningField name="f1"/>
              </MiningSchema>
              <Segmentation multipleModelMethod="modelChain"
               missingPredictionTreatment="returnMissing">
               <Segment id="1"><True/>
                <MiningModel functionName="regression" x-mathContext="float">
                 <MiningSchema><MiningField name="f0"/><MiningField name="f1"/></MiningSchema>
                 <Output>
                  <OutputField name="xgbValue" optype="continuous" dataType="float"
                   isFinalResult="false"/>
                 </Output>
                 <Segmentation multipleModelMethod="sum"
                  missingPredictionTreatment="returnMissing">
                  \(tree(1, ["0.1", "-0.2", "0.35"]))\(tree(2, ["0.05", "0.7", "-0.6"]))
                 </Segmentation>
                </MiningModel>
               </Segment>
               <Segment id="2"><True/>
                <RegressionModel functionName="classification" normalizationMethod="logit"
                 x-mathContext="float">
                 <MiningSchema>
                  <MiningField name="y" usageType="target"/><MiningField name="xgbValue"/>
                 </MiningSchema>
                 <Output>
                  <OutputField name="probability(0)" optype="continuous" dataType="float"
                   feature="probability" value="0"/>
                  <OutputField name="probability(1)" optype="continuous" dataType="float"
                   feature="probability" value="1"/>
                 </Output>
                 <RegressionTable intercept="0.0" targetCategory="1">
                  <NumericPredictor name="xgbValue" coefficient="1.0"/>
                 </RegressionTable>
                 <RegressionTable intercept="0.0" targetCategory="0"/>
                </RegressionModel>
               </Segment>
              </Segmentation>
             </MiningModel>
            </PMML>
            """
        let rows: [[String?]] = [["0.3", "1"], ["0.29999", "1"], [nil, "2"], [nil, nil]]
        let sums: [Float] = [
            Float(-0.2) + Float(0.7), Float(0.1) + Float(0.05), Float(0.35) + Float(-0.6),
            Float(-0.2) + Float(0.7),
        ]
        let answers = try PMMLText.answers(document, rows)
        for (answer, sum) in zip(answers, sums) {
            let share = 1 / (1 + Float(exp(-Double(sum))))
            #expect(
                answer == [
                    share > 0.5 ? "1" : "0", (1 - share).description, share.description, "0",
                ]
            )
        }
        let graph = try PMMLText.read(document)
        #expect(graph.treeEnsemble?.ensemble.featureCount == graph.inputs.count)
        // The features of the trees are in an order of their own.
        #expect(graph.featureImportances == nil)
    }

    @Test("a document whose elements have a prefix is the same document") func prefixed() throws {
        let document = """
            <p:PMML xmlns:p="http://www.dmg.org/PMML-4_3" version="4.3">
            <p:DataDictionary><p:DataField name="x" optype="continuous" dataType="double"/>
            <p:DataField name="y" optype="continuous" dataType="double"/></p:DataDictionary>
            <p:RegressionModel functionName="regression"><p:MiningSchema><p:MiningField name="x"/>
            <p:MiningField name="y" usageType="target"/></p:MiningSchema>
            <p:RegressionTable intercept="1"><p:NumericPredictor name="x" coefficient="2"/>
            </p:RegressionTable></p:RegressionModel></p:PMML>
            """
        #expect(try PMMLText.numbers(document, [["3"]]) == [7])
    }
}
