// Run once, by the image, when the database is new: a user who may read and write `twilytics`, and nothing else.
db.getSiblingDB("twilytics").createUser({
  user: "twilytics",
  pwd: fs.readFileSync("/run/secrets/mongodb_password", "utf8").trim(),
  roles: [{ role: "readWrite", db: "twilytics" }],
});
