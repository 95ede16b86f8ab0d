BorealCommand.run()
