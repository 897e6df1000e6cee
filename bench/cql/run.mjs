// Runs a library on its patients with cql-execution: "answer" prints every date, "run" the seconds of one round.
// Everything is read and made ready beforehand; a round is what the engine itself does.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import cql from 'cql-execution';

const { library, patients } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const made = patients.map((patient) => new OnePatient(patient));
const executor = new cql.Executor(new cql.Library(library));
const rules = library.library.statements.def.map((each) => each.name).filter((name) => !/^(Patient$|dose of |newest |start )/.test(name));

function OnePatient(told) {
  const day = (text) => (text ? cql.Date.parse(text) : null);
  this.id = told.id;
  this.sex = told.sex;
  this.birthDate = day(told.birthDate);
  this.endOfTherapy = day(told.endOfTherapy);
  this.followUpFrom = day(told.followUpFrom);
  this.records = Object.fromEntries(
    Object.entries(told.records).map(([kind, records]) => [kind, records.map((each) => ({ ...each, day: day(each.day) }))])
  );
  this.getId = () => this.id;
  this.findRecords = (profile) => {
    const kind = profile.slice(profile.indexOf('}') + 1);
    return kind === 'Patient' ? [this] : this.records[kind];
  };
}

class Source {
  constructor() { this.place = 0; }
  currentPatient() { return made[this.place]; }
  nextPatient() { this.place += 1; return made[this.place]; }
}

const round = async () => (await executor.exec(new Source())).patientResults;

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'answer') {
    const found = await round();
    const dates = (results) => Object.fromEntries(rules.filter((name) => results[name]).map((name) => [name, results[name].toString()]));
    console.log(JSON.stringify(Object.fromEntries(Object.entries(found).map(([id, results]) => [id, dates(results)]))));
  } else if (line === 'run') {
    const started = performance.now();
    await round();
    console.log((performance.now() - started) / 1000);
  }
}
